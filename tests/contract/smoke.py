"""One read by a client that openapi-python-client makes of the description; `generated` is the package it made."""
import os

from generated import AuthenticatedClient
from generated.api.lots import list_lots
from generated.models import LotPage

with AuthenticatedClient(base_url=os.environ["LIANDAN_URL"], token=os.environ["LIANDAN_TOKEN"]) as client:
    page = list_lots.sync(client=client, limit=2)
assert isinstance(page, LotPage), page
print("\n".join(f"{lot.id} {lot.waste_code}" for lot in page.items))
