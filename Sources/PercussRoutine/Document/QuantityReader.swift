internal import PercussDocument

/// Why a text is not the quantity it should be.
struct QuantityError: Error, Equatable {
  var message: String
  var help: String?
}

/// A speed as a document writes it: one, from one to another, or one in turn with another. All in PPM.
enum SpeedQuantity: Equatable {
  case single(UInt16)
  case range(UInt16, UInt16)
  case alternation(UInt16, UInt16)
}

/// Reads quantities: a decimal number and a unit, with or without a space between.
///
/// A value that its integers cannot hold exactly is an error, never rounded.
struct QuantityReader {
  private let text: String
  private let bytes: [UInt8]
  private var offset = 0

  private init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  /// A duration in milliseconds: `500ms`, `30s`, `1.5 min`, `1 h 30 min`.
  static func duration(_ text: String) throws(QuantityError) -> UInt32 {
    var reader = QuantityReader(text)
    try reader.refuseForeignForms(of: .duration)
    var total: UInt64 = 0
    var previous = UInt64.max
    repeat {
      let number = try reader.number(of: .duration)
      let (factor, name) = try reader.unit(of: .duration, after: number)
      guard factor < previous else {
        throw QuantityError(
          message: "the unit \(name) comes after a smaller or equal one in “\(reader.text.shown)”",
          help: "write the larger unit first, each once: 1 min 30 s")
      }
      previous = factor
      // Each part is below 2^63, see `scaled`; a sum past the limit is refused below whatever it wraps to.
      let part = try reader.scaled(number, by: factor, of: .duration)
      let (sum, overflow) = total.addingReportingOverflow(part)
      total = overflow ? .max : sum
      reader.skipSpaces()
    } while reader.offset < reader.bytes.count
    let limits = RoutineDocument.durationLimits
    guard total > 0 else {
      throw QuantityError(
        message: "a duration of zero", help: "\(Dimension.duration.limits); remove a step not wanted")
    }
    guard total >= UInt64(limits.lowerBound) else {
      throw QuantityError(message: "“\(reader.text.shown)” is shorter than 10 ms", help: Dimension.duration.limits)
    }
    guard total <= UInt64(limits.upperBound) else {
      throw QuantityError(message: "“\(reader.text.shown)” is longer than 24 h", help: Dimension.duration.limits)
    }
    return UInt32(total)
  }

  /// A force in 0.1 N: `60 N`, `62.5 N`.
  static func force(_ text: String) throws(QuantityError) -> UInt16 {
    var reader = QuantityReader(text)
    try reader.refuseForeignForms(of: .force)
    let number = try reader.number(of: .force)
    let (factor, _) = try reader.unit(of: .force, after: number)
    try reader.end(of: .force)
    let value = try reader.scaled(number, by: factor, of: .force)
    guard value > 0 else {
      throw QuantityError(message: "a force limit of zero", help: "leave the force out for the device's maximum")
    }
    guard let force = UInt16(exactly: value) else {
      throw QuantityError(
        message: "“\(reader.text.shown)” is more than any device can press", help: Dimension.force.limits)
    }
    return force
  }

  /// A speed: `1900 ppm`, `1750..2400 ppm`, `1750/2200 ppm`.
  static func speed(_ text: String) throws(QuantityError) -> SpeedQuantity {
    var reader = QuantityReader(text)
    try reader.refuseForeignForms(of: .speed)
    let first = try reader.number(of: .speed)
    reader.skipSpaces()
    var separator: String?
    for candidate in ["..", "/", "-", "–", "to"] where reader.take(candidate) {
      separator = candidate
      break
    }
    guard let separator else {
      let (factor, _) = try reader.unit(of: .speed, after: first)
      let value = try reader.speed(first, factor)
      reader.skipSpaces()
      if reader.offset < reader.bytes.count, ["..", "/", "-", "–", "to"].contains(where: { reader.take($0) }) {
        throw QuantityError(
          message: "“\(reader.text.shown)” names its unit twice",
          help: "write the unit once, at the end: 1750..2400 ppm")
      }
      try reader.end(of: .speed)
      return .single(value)
    }
    reader.skipSpaces()
    let second = try reader.number(of: .speed)
    let (factor, _) = try reader.unit(of: .speed, after: second)
    try reader.end(of: .speed)
    let (low, high) = (try reader.speed(first, factor), try reader.speed(second, factor))
    switch separator {
    case "..": return .range(low, high)
    case "/": return .alternation(low, high)
    default:
      throw QuantityError(
        message: "“\(separator)” does not join two speeds",
        help: "write \(low)..\(high) ppm for a ramp, \(low)/\(high) ppm for a pulse")
    }
  }

  private func speed(_ number: Decimal, _ factor: UInt64) throws(QuantityError) -> UInt16 {
    let value = try scaled(number, by: factor, of: .speed)
    guard value > 0 else { throw QuantityError(message: "a speed of zero", help: "a rest is written `rest: 30s`") }
    guard let speed = UInt16(exactly: value) else {
      throw QuantityError(message: "“\(text.shown)” is faster than any device", help: Dimension.speed.limits)
    }
    return speed
  }
}

extension QuantityReader {
  /// A number as written: `digits` without the point, of which `places` stand behind it.
  private struct Decimal {
    var digits: UInt64
    var places: Int
    var text: String
  }

  private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipSpaces() {
    while peek == 0x20 || peek == 0x09 { offset += 1 }
  }

  private mutating func take(_ word: String) -> Bool {
    guard bytes[offset...].starts(with: word.utf8) else { return false }
    offset += word.utf8.count
    return true
  }

  /// The forms that look like quantities elsewhere get an answer of their own.
  private func refuseForeignForms(of dimension: Dimension) throws(QuantityError) {
    guard !bytes.isEmpty else {
      throw QuantityError(message: "\(dimension.noun) should stand here", help: "such as \(dimension.example)")
    }
    if bytes[0] == UInt8(ascii: "-") {
      throw QuantityError(
        message: "“\(text.shown)” is negative", help: "\(dimension.noun) is above zero, such as \(dimension.example)")
    }
    if dimension == .duration, bytes.contains(UInt8(ascii: ":")) {
      throw QuantityError(message: "“\(text.shown)” is not a duration", help: "write it with units, such as 1 min 30 s")
    }
  }

  private mutating func number(of dimension: Dimension) throws(QuantityError) -> Decimal {
    skipSpaces()
    let start = offset
    var digits: UInt64 = 0
    var places = 0
    var isFraction = false
    var significant = 0
    while let byte = peek {
      if (0x30...0x39).contains(byte) {
        if digits > 0 || byte != 0x30 { significant += 1 }
        // Eighteen digits fit; a longer number is only counted.
        if significant <= 18 { digits = digits &* 10 &+ UInt64(byte &- 0x30) }
        if isFraction { places += 1 }
        offset += 1
      } else if byte == UInt8(ascii: "."), !isFraction, offset > start, offset + 1 < bytes.count,
        (0x30...0x39).contains(bytes[offset + 1])
      {
        isFraction = true
        offset += 1
      } else {
        break
      }
    }
    let written = String(decoding: bytes[start..<offset], as: UTF8.self)
    guard offset > start else {
      let rest = String(decoding: bytes[start...], as: UTF8.self)
      if rest.hasPrefix(".") {
        throw QuantityError(message: "“\(text.shown)” lacks a digit before the point", help: "write 0\(rest.shown)")
      }
      throw QuantityError(
        message: "“\(text.shown)” is not \(dimension.noun)",
        help: "write a number and a unit, such as \(dimension.example)")
    }
    if peek == UInt8(ascii: ",") {
      throw QuantityError(
        message: "“\(text.shown)” has a comma in its number",
        help: "write a point for decimals, nothing between thousands")
    }
    guard significant <= 18, places <= 18 else {
      throw QuantityError(message: "the number \(written.shown) is too long", help: dimension.limits)
    }
    while places > 0, digits % 10 == 0 {
      digits /= 10
      places -= 1
    }
    return Decimal(digits: digits, places: places, text: written)
  }

  private mutating func unit(
    of dimension: Dimension, after number: Decimal
  ) throws(QuantityError) -> (factor: UInt64, name: String) {
    skipSpaces()
    let start = offset
    while let byte = peek, byte >= 0x80 || byte == UInt8(ascii: "%") || Character(Unicode.Scalar(byte)).isLetter {
      offset += 1
    }
    let name = String(decoding: bytes[start..<offset], as: UTF8.self)
    if let unit = dimension.units.first(where: { $0.name == name }) { return (unit.factor, name) }
    let names = dimension.units.map(\.name).reversed().joined(separator: ", ")
    guard !name.isEmpty else {
      let rest = String(decoding: bytes[start...], as: UTF8.self)
      guard rest.isEmpty else {
        throw QuantityError(
          message: "“\(rest.shown)” does not belong in \(dimension.noun)", help: "such as \(dimension.example)")
      }
      throw QuantityError(
        message: "“\(text.shown)” has no unit",
        help: dimension == .duration
          ? "\(text.shown)s for seconds, \(text.shown) min for minutes" : "\(text.shown) \(dimension.units[0].name)")
    }
    for other in Dimension.allCases where other != dimension && other.units.contains(where: { $0.name == name }) {
      throw QuantityError(
        message: "“\(text.shown)” is \(other.noun) where \(dimension.noun) should stand",
        help: "such as \(dimension.example)")
    }
    if name.lowercased() == "rpm" {
      throw QuantityError(
        message: "RPM counts turns of the motor, not percussions",
        help: "give the speed in ppm, such as \(dimension.example)")
    }
    // No guess at a short unit: µs is not ms, kN is not N.
    let meant =
      dimension.units.first { $0.name == Dimension.otherNames[name.lowercased()] }?.name
      ?? Spelling.nearest(to: name, among: dimension.units.map(\.name).filter { $0.count > 2 })
    throw QuantityError(
      message: "the unit “\(name.shown)” is not known",
      help: meant.map { "did you mean \(number.text) \($0)?" } ?? "\(dimension.noun) is in \(names)")
  }

  private mutating func end(of dimension: Dimension) throws(QuantityError) {
    skipSpaces()
    guard offset == bytes.count else {
      let rest = String(decoding: bytes[offset...], as: UTF8.self)
      throw QuantityError(
        message: "“\(rest.shown)” does not belong in \(dimension.noun)", help: "such as \(dimension.example)")
    }
  }

  /// The number in the dimension's integers, when it is one exactly.
  private func scaled(_ number: Decimal, by factor: UInt64, of dimension: Dimension) throws(QuantityError) -> UInt64 {
    let (product, overflow) = number.digits.multipliedReportingOverflow(by: factor)
    guard !overflow else {
      throw QuantityError(message: "“\(text.shown)” is too large", help: dimension.limits)
    }
    var divisor: UInt64 = 1
    for _ in 0..<number.places { divisor = divisor &* 10 }
    guard product % divisor == 0 else {
      let below = product / divisor
      throw QuantityError(
        message: "“\(text.shown)” is finer than \(dimension.resolution)",
        help: "the nearest are \(dimension.text(below)) and \(dimension.text(below &+ 1))")
    }
    return product / divisor
  }
}
