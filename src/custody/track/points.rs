//! Files of points: CSV with one point a line. The head says the datum, so that nobody sends what a map service shifted.

use std::fmt::Write as _;

use super::{MAX_POINTS, MAX_TRACK_MS, Point};
use crate::clock::Timestamp;
use crate::shape::Coordinates;

/// The first line of a file of points.
pub const HEADER: &str = "time,lon_wgs84,lat_wgs84";
/// The same with speeds, in kilometres an hour.
pub const HEADER_WITH_SPEED: &str = "time,lon_wgs84,lat_wgs84,speed_kmh";
/// Most faults that are told of one file.
pub const MAX_FAULTS: usize = 20;
/// The longest line, in bytes.
const MAX_LINE_BYTES: usize = 120;

/// What is wrong with a file of points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointsFault {
    /// `/lines/17/lat_wgs84`: the line as it is counted in the file, from 1, and the column; empty for the whole file.
    pub pointer: String,
    /// What is wrong, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl PointsFault {
    fn of_file(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { pointer: String::new(), zh: zh.into(), en: en.into() }
    }

    fn at(line: usize, column: &str, (zh, en): (String, String)) -> Self {
        let column = if column.is_empty() { String::new() } else { format!("/{column}") };
        Self { pointer: format!("/lines/{line}{column}"), zh, en }
    }
}

/// Read a file of points; every fault up to [`MAX_FAULTS`].
pub fn read(bytes: &[u8]) -> Result<Vec<Point>, Vec<PointsFault>> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| vec![PointsFault::of_file("文件不是 UTF-8 文本", "the file is not UTF-8 text")])?;
    let mut lines = text.lines();
    let has_speed = header(lines.next().unwrap_or_default()).map_err(|fault| vec![fault])?;
    let (mut points, mut faults): (Vec<Point>, Vec<PointsFault>) = (Vec::new(), Vec::new());
    for (n, line) in (2..).zip(lines) {
        if points.len() == MAX_POINTS {
            return Err(vec![too_many()]);
        }
        match point(n, line, has_speed) {
            Ok(point) => {
                faults.extend(points.last().and_then(|last| out_of_order(n, last, &point)));
                points.push(point);
            }
            Err(fault) => faults.push(fault),
        }
        if faults.len() >= MAX_FAULTS {
            break;
        }
    }
    if faults.is_empty() {
        faults.extend(of_whole(&points));
    }
    if faults.is_empty() { Ok(points) } else { Err(faults) }
}

/// A file of these points.
pub fn write(points: &[Point]) -> String {
    let mut text = format!("{HEADER}\n");
    for Point { at, place } in points {
        let (lon, lat) = (degrees(place.lon_udeg), degrees(place.lat_udeg));
        let _ = writeln!(text, "{at},{lon},{lat}");
    }
    text
}

fn degrees(udeg: i32) -> String {
    let sign = if udeg < 0 { "-" } else { "" };
    let udeg = udeg.unsigned_abs();
    format!("{sign}{}.{:06}", udeg / 1_000_000, udeg % 1_000_000)
}

/// True when the head says that there are speeds.
fn header(line: &str) -> Result<bool, PointsFault> {
    match line {
        HEADER => Ok(false),
        HEADER_WITH_SPEED => Ok(true),
        shifted
            if shifted.to_ascii_lowercase().contains("gcj")
                || shifted.to_ascii_lowercase().contains("bd09") =>
        {
            let zh = "坐标须为 WGS 84：GCJ-02、BD-09 经地图偏移数百米，请上传终端的原始坐标".to_owned();
            let en = "coordinates in WGS 84 are wanted: GCJ-02 and BD-09 are shifted by hundreds of metres for maps; send what the device gave".to_owned();
            Err(PointsFault::at(1, "", (zh, en)))
        }
        _ => {
            let zh = format!("首行应为 {HEADER} 或 {HEADER_WITH_SPEED}");
            let en = format!("the first line must be {HEADER} or {HEADER_WITH_SPEED}");
            Err(PointsFault::at(1, "", (zh, en)))
        }
    }
}

fn point(n: usize, line: &str, has_speed: bool) -> Result<Point, PointsFault> {
    let columns = if has_speed { 4 } else { 3 };
    let cells: Vec<&str> = line.split(',').take(columns + 1).collect();
    if line.len() > MAX_LINE_BYTES || cells.len() != columns {
        let zh = format!("每行应有 {columns} 列，最长 {MAX_LINE_BYTES} 字节");
        let en = format!("a line has {columns} columns and at most {MAX_LINE_BYTES} bytes");
        return Err(PointsFault::at(n, "", (zh, en)));
    }
    let at: Timestamp = cells[0].parse().map_err(|_| PointsFault::at(n, "time", no_time(cells[0])))?;
    let lon_udeg = scaled(cells[1], 180).ok_or_else(|| outside(n, "lon_wgs84", cells[1], 180))?;
    let lat_udeg = scaled(cells[2], 90).ok_or_else(|| outside(n, "lat_wgs84", cells[2], 90))?;
    if (lon_udeg, lat_udeg) == (0, 0) {
        let zh = "0,0 不是定位：未定位的点请不要写入".to_owned();
        let en = "0,0 is what a device without a fix says: leave such points out".to_owned();
        return Err(PointsFault::at(n, "lon_wgs84", (zh, en)));
    }
    if has_speed && !cells[3].is_empty() && scaled(cells[3], 999).is_none_or(|speed| speed < 0) {
        let zh = format!("速度应为 0 到 999 的数，现为“{}”", cells[3]);
        let en = format!("a speed from 0 to 999 is wanted, not `{}`", cells[3]);
        return Err(PointsFault::at(n, "speed_kmh", (zh, en)));
    }
    Ok(Point { at, place: Coordinates { lat_udeg, lon_udeg } })
}

fn no_time(cell: &str) -> (String, String) {
    (
        format!("时间应带时区，如 2026-03-02T09:20:00+08:00，现为“{cell}”"),
        format!("a time with its offset such as 2026-03-02T09:20:00+08:00 is wanted, not `{cell}`"),
    )
}

fn outside(n: usize, column: &str, cell: &str, most: i32) -> PointsFault {
    let zh = format!("应为 -{most} 到 {most} 的十进制度数，现为“{cell}”");
    let en = format!("decimal degrees from -{most} to {most} are wanted, not `{cell}`");
    PointsFault::at(n, column, (zh, en))
}

/// Reads a decimal number of at most `most` either way as millionths, rounded half away from zero. No exponent, no `NaN`, no `inf`.
fn scaled(cell: &str, most: i32) -> Option<i32> {
    let (is_negative, digits) = cell.strip_prefix('-').map_or((false, cell), |digits| (true, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str, longest| {
        (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(whole, 3) || !is_number(part, 20) {
        return None;
    }
    let figure = |n: usize| i32::from(part.as_bytes().get(n).map_or(0, |byte| byte - b'0'));
    let millionths = (0..6).fold(0, |sum, n| sum * 10 + figure(n)) + i32::from(figure(6) >= 5);
    let value = whole.parse::<i32>().ok()? * 1_000_000 + millionths;
    (value <= most * 1_000_000).then_some(if is_negative { -value } else { value })
}

fn out_of_order(n: usize, last: &Point, point: &Point) -> Option<PointsFault> {
    if point.at > last.at {
        return None;
    }
    let zh = format!("时间应逐行递增：{} 不晚于上一点的 {}", point.at, last.at);
    let en = format!("times must ascend: {} is not after {} of the point before", point.at, last.at);
    Some(PointsFault::at(n, "time", (zh, en)))
}

fn too_many() -> PointsFault {
    let zh = format!("一份轨迹最多 {MAX_POINTS} 个点");
    PointsFault::of_file(zh, format!("a track has at most {MAX_POINTS} points"))
}

fn of_whole(points: &[Point]) -> Option<PointsFault> {
    let (Some(first), Some(last)) = (points.first(), points.last().filter(|_| points.len() > 1)) else {
        return Some(PointsFault::of_file("一份轨迹至少两个点", "a track has at least two points"));
    };
    if last.at.since(first.at) <= MAX_TRACK_MS {
        return None;
    }
    Some(PointsFault::of_file("一份轨迹最长 31 天", "a track lasts at most 31 days"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn file(lines: &[&str]) -> Vec<u8> {
        format!("{HEADER}\n{}\n", lines.join("\n")).into_bytes()
    }

    const FIRST: &str = "2026-03-02T09:20:00+08:00,118.350000,35.100000";

    fn fault(lines: &[&str]) -> (String, String) {
        let faults = read(&file(lines)).unwrap_err();
        (faults[0].pointer.clone(), faults[0].en.clone())
    }

    #[test]
    fn what_is_written_reads_back() {
        let points = read(&file(&[FIRST, "2026-03-02T01:20:30.5Z,-0.0000005,-89.9999999"])).unwrap();
        assert_eq!(points[0].place, Coordinates { lat_udeg: 35_100_000, lon_udeg: 118_350_000 });
        assert_eq!(points[1].place, Coordinates { lat_udeg: -90_000_000, lon_udeg: -1 });
        assert_eq!(read(write(&points).as_bytes()).unwrap(), points);
        let windows = String::from_utf8(file(&[FIRST, "2026-03-02T09:21:00+08:00,118,35"])).unwrap();
        assert_eq!(read(windows.replace('\n', "\r\n").as_bytes()).unwrap().len(), 2);
    }

    #[test]
    fn speeds_may_stand_beside() {
        let text = format!("{HEADER_WITH_SPEED}\n{FIRST},61.5\n2026-03-02T09:21:00+08:00,118.35,35.11,\n");
        assert_eq!(read(text.as_bytes()).unwrap().len(), 2);
        for bad in ["-1", "fast", "1000"] {
            let text = format!("{HEADER_WITH_SPEED}\n{FIRST},{bad}\n");
            assert_eq!(read(text.as_bytes()).unwrap_err()[0].pointer, "/lines/2/speed_kmh", "{bad}");
        }
    }

    #[test]
    fn what_is_no_number_within_the_earth_is_told_with_its_line() {
        for (cell, column) in [
            ("NaN,35.1", "lon_wgs84"),
            ("inf,35.1", "lon_wgs84"),
            ("1e2,35.1", "lon_wgs84"),
            ("+118,35.1", "lon_wgs84"),
            ("180.0000005,35.1", "lon_wgs84"),
            (",35.1", "lon_wgs84"),
            ("118.35,90.1", "lat_wgs84"),
            ("118.35,-", "lat_wgs84"),
            ("118.35,.5", "lat_wgs84"),
            ("118.35,3５.1", "lat_wgs84"),
            ("0,0", "lon_wgs84"),
        ] {
            let (pointer, _) = fault(&[FIRST, &format!("2026-03-02T09:21:00+08:00,{cell}")]);
            assert_eq!(pointer, format!("/lines/3/{column}"), "{cell}");
        }
        assert_eq!(fault(&[FIRST, "2026-03-02 09:21,118,35"]).0, "/lines/3/time");
        assert_eq!(fault(&[FIRST, ""]).0, "/lines/3");
        assert_eq!(fault(&[FIRST, "2026-03-02T09:21:00+08:00,118,35,9"]).0, "/lines/3");
    }

    #[test]
    fn times_ascend() {
        for second in [FIRST, "2026-03-02T01:19:59Z,118,35"] {
            let (pointer, en) = fault(&[FIRST, second]);
            assert!(pointer == "/lines/3/time" && en.contains("must ascend"), "{second}: {en}");
        }
    }

    #[test]
    fn whole_files_have_limits() {
        assert_eq!(read(HEADER.as_bytes()).unwrap_err()[0].en, "a track has at least two points");
        assert_eq!(fault(&[FIRST]).1, "a track has at least two points");
        assert_eq!(fault(&[FIRST, "2026-04-03T09:20:00+08:00,118,35"]).1, "a track lasts at most 31 days");
        assert_eq!(read(b"\xff").unwrap_err()[0].en, "the file is not UTF-8 text");
        for head in ["", "time,lon,lat", "time,lon_gcj02,lat_gcj02"] {
            let faults = read(format!("{head}\n{FIRST}\n").as_bytes()).unwrap_err();
            assert_eq!(faults[0].pointer, "/lines/1", "{head}");
            assert_eq!(faults[0].en.contains("GCJ-02"), head.contains("gcj"));
        }
        let all_bad = vec!["x"; 1_000];
        assert_eq!(read(&file(&all_bad)).unwrap_err().len(), MAX_FAULTS);
    }

    #[test]
    fn a_million_points_are_refused_by_the_limit() {
        let start: Timestamp = "2026-03-02T09:20:00+08:00".parse().unwrap();
        let place = Coordinates { lat_udeg: 35_000_000, lon_udeg: 118_000_000 };
        let points: Vec<Point> =
            (0..1_000_000).map(|n| Point { at: start.plus_millis(n * 1_000), place }).collect();
        let faults = read(write(&points).as_bytes()).unwrap_err();
        assert_eq!(faults, [too_many()]);
        assert!(read(write(&points[..MAX_POINTS]).as_bytes()).is_ok());
    }
}
