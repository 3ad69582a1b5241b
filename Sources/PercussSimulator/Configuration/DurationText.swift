internal import PercussTime

/// Durations as configurations write them: whole or decimal numbers with units, as in `7.5 ms`, `30s` or `1 min 30 s`.
enum DurationText {
  private static let units: [(name: String, nanoseconds: Int64)] = [
    ("h", 3_600_000_000_000), ("min", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000),
  ]

  /// The duration, exact to the nanosecond; nil when the text is none, or is longer than 24 hours.
  static func read(_ text: String) -> Duration? {
    var total: Int64 = 0
    var previous = Int64.max
    var rest = text[...].drop { $0 == " " }
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest[number.endIndex...].drop { $0 == " " }
      let name = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest[name.endIndex...].drop { $0 == " " }
      guard let unit = units.first(where: { $0.name == name }), unit.nanoseconds < previous,
        let part = nanoseconds(number, unit.nanoseconds)
      else { return nil }
      previous = unit.nanoseconds
      total += part
      guard total <= 86_400_000_000_000 else { return nil }
    }
    return .nanoseconds(total)
  }

  /// The shortest text that reads back as the duration, as in `7.5 ms`; truncated to whole nanoseconds.
  static func text(_ duration: Duration) -> String {
    let total = duration.wholeNanoseconds
    guard total > 0 else { return "0 s" }
    // Minutes and hours only where nothing is left over; else the largest unit of which there is one whole.
    let unit =
      units.prefix(2).first { total % $0.nanoseconds == 0 } ?? units.dropFirst(2).first { total >= $0.nanoseconds }
      ?? units[units.count - 1]
    let (whole, left) = total.quotientAndRemainder(dividingBy: unit.nanoseconds)
    guard left > 0 else { return "\(whole) \(unit.name)" }
    let digits = String(String(unit.nanoseconds + left).dropFirst())
    return "\(whole).\(digits.prefix(through: digits.lastIndex { $0 != "0" } ?? digits.startIndex)) \(unit.name)"
  }

  /// Exact or nil; at most six digits before the point and nine behind it, so nothing overflows.
  private static func nanoseconds(_ number: Substring, _ unit: Int64) -> Int64? {
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = parts.first, !whole.isEmpty, whole.count <= 8, let count = Int64(whole)
    else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: unit)
    guard !overflow, product <= 86_400_000_000_000 else { return nil }
    guard parts.count == 2 else { return product }
    guard !parts[1].isEmpty, parts[1].count <= 9, let fraction = Int64(parts[1]) else { return nil }
    var scale: Int64 = 1
    for _ in parts[1] { scale *= 10 }
    // At most 10^9 times 3.6 * 10^12 does not fit; the common zeros of unit and scale do not matter.
    let (numerator, tooLarge) = fraction.multipliedReportingOverflow(by: unit)
    guard !tooLarge, numerator % scale == 0 else { return nil }
    return product + numerator / scale
  }
}
