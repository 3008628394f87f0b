//! What a file is, by its first bytes. Only what a browser shows and never runs is taken.

/// A media type of attachments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `image/webp`
    Webp,
    /// `application/pdf`
    Pdf,
    /// `text/csv`: points of a track
    Points,
}

impl Media {
    /// Every media type that is taken.
    pub const ALL: [Self; 5] = [Self::Jpeg, Self::Png, Self::Webp, Self::Pdf, Self::Points];

    /// What these bytes are (WHATWG MIME Sniffing §6.1; RFC 8118 for PDF, whose header must come first here).
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let is_webp = || bytes.starts_with(b"RIFF") && bytes.get(8..14) == Some(b"WEBPVP");
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'%', b'P', b'D', b'F', b'-', ..] => Some(Self::Pdf),
            // Whether it is one, its reader says.
            [b't', b'i', b'm', b'e', b',', ..] => Some(Self::Points),
            _ if is_webp() => Some(Self::Webp),
            _ => None,
        }
    }

    /// The media type as it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Points => "text/csv",
        }
    }

    /// The media type that is written so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|media| media.name() == name)
    }

    /// How names of such files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Pdf => "pdf",
            Self::Points => "csv",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_tell() {
        let known: [(&[u8], Option<Media>); 12] = [
            (b"\xff\xd8\xff\xe0....", Some(Media::Jpeg)),
            (b"\x89PNG\r\n\x1a\n....", Some(Media::Png)),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Some(Media::Webp)),
            (b"%PDF-1.7\n", Some(Media::Pdf)),
            (b"time,lon_wgs84,lat_wgs84\n", Some(Media::Points)),
            (b"", None),
            (b"RIFF\x24\0\0\0WAVEfmt ", None),
            (b"RIFF\x24\0\0\0WEBP", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
            (b"<!doctype html><script>", None),
            (b"GIF89a", None),
            (b"\n%PDF-1.7", None),
        ];
        for (bytes, media) in known {
            assert_eq!(Media::of(bytes), media, "{bytes:?}");
        }
        for media in Media::ALL {
            assert_eq!(Media::named(media.name()), Some(media));
        }
    }
}
