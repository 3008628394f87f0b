//! How many connections there are, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::api::rates::told_apart;
use crate::app::webhooks::Network;

/// The connections of a listener. Cloning is cheap.
#[derive(Clone)]
pub(super) struct Connections {
    places: Arc<Semaphore>,
    /// By address, and by network for those of IPv6, as calls are counted.
    of: Arc<Mutex<HashMap<IpAddr, usize>>>,
    most_of_an_address: usize,
    /// Many callers come from these addresses.
    proxies: Arc<[Network]>,
}

/// Room for one more connection, whoever it will be.
pub(super) struct Room {
    _permit: Option<OwnedSemaphorePermit>,
}

/// The place of one connection; it is free again when this is dropped.
pub(super) struct Place {
    connections: Connections,
    address: IpAddr,
    _room: Room,
}

impl Connections {
    pub(super) fn new(most: usize, most_of_an_address: usize, proxies: Vec<Network>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(most)),
            of: Arc::default(),
            most_of_an_address,
            proxies: proxies.into(),
        }
    }

    /// Waits until there is room.
    pub(super) async fn room(&self) -> Room {
        // It is never closed.
        Room { _permit: self.places.clone().acquire_owned().await.ok() }
    }

    /// A place for a connection of this address; `None` when the address has as many as it may have.
    pub(super) fn place(&self, room: Room, address: IpAddr) -> Option<Place> {
        let is_proxy = self.proxies.iter().any(|network| network.holds(address.to_canonical()));
        let address = told_apart(address);
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let count = of.entry(address).or_default();
        if *count >= self.most_of_an_address && !is_proxy {
            return None;
        }
        *count += 1;
        Some(Place { connections: self.clone(), address, _room: room })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut of = self.connections.of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = of.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                of.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[tokio::test]
    async fn an_address_has_so_many_and_leaves_room_for_others() {
        let connections = Connections::new(4, 2, vec!["192.0.2.9/32".parse().unwrap()]);
        let one = connections.place(connections.room().await, address(1)).unwrap();
        let two = connections.place(connections.room().await, address(1)).unwrap();
        assert!(connections.place(connections.room().await, address(1)).is_none(), "a third of one address");
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().unwrap();
        assert!(
            connections.place(connections.room().await, mapped).is_none(),
            "the same address otherwise written"
        );
        let other = connections.place(connections.room().await, address(2)).unwrap();
        drop(one);
        let again = connections.place(connections.room().await, address(1)).unwrap();
        drop((two, other, again));
        let _many = [
            connections.place(connections.room().await, address(9)).unwrap(),
            connections.place(connections.room().await, address(9)).unwrap(),
            connections.place(connections.room().await, address(9)).unwrap(),
        ];
        assert_eq!(connections.of.lock().unwrap().len(), 1, "nothing is kept of who has left");
    }

    #[tokio::test]
    async fn a_network_of_ipv6_is_one_address_and_a_proxy_in_it_is_none() {
        let connections = Connections::new(9, 1, vec!["2001:db8::9/128".parse().unwrap()]);
        let place = async |address: &str| {
            connections.place(connections.room().await, address.parse::<IpAddr>().unwrap())
        };
        let one = place("2001:db8::1").await.unwrap();
        assert!(place("2001:db8::2:3:4").await.is_none(), "another address of the same network");
        let proxy = place("2001:db8::9").await.unwrap();
        let other = place("2001:db8:0:1::1").await.unwrap();
        drop((one, proxy));
        assert!(place("2001:db8::2").await.is_some());
        drop(other);
        assert!(connections.of.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn in_all_there_are_so_many_and_the_next_one_waits() {
        let connections = Connections::new(1, 9, Vec::new());
        let place = connections.place(connections.room().await, address(1)).unwrap();
        let mut next = std::pin::pin!(connections.room());
        assert!(futures::poll!(next.as_mut()).is_pending());
        drop(place);
        assert!(futures::poll!(next.as_mut()).is_ready());
    }
}
