#if !hasFeature(Embedded)
  /// What a text gives a field.
  enum FieldContent {
    case number(Int128)
    case bytes([UInt8])

    /// The bytes on the wire.
    func bytes(of field: WireSchema.Field, isBigEndian: Bool) -> [UInt8] {
      switch self {
      case .bytes(let bytes): return bytes
      case .number(let number):
        let bytes = (0..<(field.integer?.size ?? 0)).map { UInt8(truncatingIfNeeded: number >> Int128($0 &* 8)) }
        return isBigEndian ? bytes.reversed() : bytes
      }
    }
  }

  extension WireSchema.Field {
    /// Reads a text as ``FrameBuilder`` describes it; a number that comes out fits the type, not necessarily the range.
    func content(of text: String) throws(FrameBuilderError) -> FieldContent {
      guard let integer else { return .bytes(try hexadecimal(text)) }
      let number = try number(text)
      guard integer.values.contains(number) else {
        throw .invalidText(
          text, field: name,
          reason: "it must fit \(integer.size * 8) bits, \(integer.values.lowerBound)...\(integer.values.upperBound)")
      }
      return .number(number)
    }

    private func number(_ text: String) throws(FrameBuilderError) -> Int128 {
      if let special = special.first(where: { $0.name == text }) { return Int128(special.value) }
      switch type {
      case .enumeration(let enumeration):
        if let value = enumeration.values.first(where: { $0.name == text }) { return Int128(value.value) }
        if let number = Quantity(text), number.unit.isEmpty, number.places == 0 { return number.digits }
        throw .unknownWord(text, field: name, known: enumeration.values.map(\.name))
      case .flags(let set):
        return try flags(text, of: set)
      case .integer, .record, .bytes:
        return try quantity(text)
      }
    }

    private func flags(_ text: String, of set: WireSchema.FlagSet) throws(FrameBuilderError) -> Int128 {
      if text == "none" || text.isEmpty { return 0 }
      var bits: Int128 = 0
      for word in text.split(omittingEmptySubsequences: true, whereSeparator: { ", +|".contains($0) }).map(String.init)
      {
        if let flag = set.flags.first(where: { $0.name == word }) {
          bits |= 1 << Int128(flag.value)
        } else if word.hasPrefix("bit_"), let bit = Int(word.dropFirst(4)), (0..<(set.integer.size &* 8)).contains(bit)
        {
          bits |= 1 << Int128(bit)
        } else if let number = Quantity(word), number.unit.isEmpty, number.places == 0, number.digits >= 0 {
          bits |= number.digits
        } else {
          throw .unknownWord(word, field: name, known: set.flags.map(\.name) + ["none"])
        }
      }
      return bits
    }

    private func quantity(_ text: String) throws(FrameBuilderError) -> Int128 {
      guard let quantity = Quantity(text) else {
        let example = unit.map { " or with its unit, such as \(unitExample($0))" } ?? ""
        let words = special.isEmpty ? "" : ", or \(special.map(\.name).joined(separator: ", "))"
        throw .invalidText(text, field: name, reason: "write a number, such as 100 or 0x64\(example)\(words)")
      }
      guard !quantity.unit.isEmpty else {
        guard quantity.places == 0 else {
          throw .invalidText(text, field: name, reason: "write a whole number, or one with its unit")
        }
        return quantity.digits
      }
      let units = unit?.spellings ?? []
      guard let factor = units.first(where: { $0.symbol == quantity.unit.lowercased() }) else {
        let known = units.map(\.symbol).filter { $0.utf8.count == $0.count }
        throw .invalidText(
          text, field: name,
          reason: units.isEmpty
            ? "it is a number without a unit"
            : "the unit '\(quantity.unit)' is not one of \(known.joined(separator: ", "))")
      }
      // Twenty digits times the largest factor stay far below 2^127.
      let (value, remainder) = (quantity.digits * Int128(factor.numerator))
        .quotientAndRemainder(dividingBy: Int128(factor.denominator) * quantity.scale)
      guard remainder == 0 else {
        throw .invalidText(text, field: name, reason: "it is finer than the field, which counts \(unitExample(unit))")
      }
      return value
    }

    private func unitExample(_ unit: WireSchema.Unit?) -> String { unit?.text(unit?.decimals == 0 ? 100 : 1) ?? "" }

    private func hexadecimal(_ text: String) throws(FrameBuilderError) -> [UInt8] {
      let digits = text.utf8.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: ":") }.map { byte in
        Character(Unicode.Scalar(byte)).hexDigitValue
      }
      guard digits.count % 2 == 0, digits.allSatisfy({ $0 != nil }) else {
        throw .invalidText(text, field: name, reason: "write its bytes as hexadecimal digits, two for each")
      }
      return stride(from: 0, to: digits.count, by: 2).map { UInt8((digits[$0] ?? 0) * 16 + (digits[$0 + 1] ?? 0)) }
    }
  }

  extension WireSchema.Unit {
    /// How the unit and its multiples are written, in lower case, with their size in units of the wire.
    fileprivate var spellings: [(symbol: String, numerator: Int64, denominator: Int64)] {
      guard let microseconds else {
        let own = symbol.lowercased()
        let scale = (0..<decimals).reduce(1 as Int64) { scale, _ in scale * 10 }
        return (own.hasPrefix("°") ? [own, String(own.dropFirst())] : [own]).map { ($0, scale, 1) }
      }
      let times: [(String, Int64)] = [
        ("us", 1), ("µs", 1), ("μs", 1), ("ms", 1000), ("s", 1_000_000), ("min", 60_000_000), ("h", 3_600_000_000),
      ]
      return times.map { ($0.0, $0.1, microseconds) }
    }
  }

  /// A decimal or hexadecimal number and a unit, which may be empty.
  private struct Quantity {
    /// The number without its decimal point.
    var digits: Int128
    /// The digits behind the point.
    var places: Int
    var unit: String

    var scale: Int128 { (0..<places).reduce(1) { scale, _ in scale * 10 } }

    /// Nil for anything else, and for more than 20 digits.
    init?(_ text: String) {
      if text.hasPrefix("0x") || text.hasPrefix("0X") {
        guard let value = UInt64(text.dropFirst(2), radix: 16), text.dropFirst(2).first?.isHexDigit == true else {
          return nil
        }
        (digits, places, unit) = (Int128(value), 0, "")
        return
      }
      var rest = text[...]
      let isNegative = rest.first == "-"
      if isNegative { rest.removeFirst() }
      let whole = rest.prefix { $0.isASCII && $0.isWholeNumber }
      rest.removeFirst(whole.count)
      var fraction: Substring = ""
      if rest.first == "." {
        fraction = rest.dropFirst().prefix { $0.isASCII && $0.isWholeNumber }
        guard !fraction.isEmpty else { return nil }
        rest.removeFirst(fraction.count + 1)
      }
      guard !whole.isEmpty, whole.count + fraction.count <= 20, let value = Int128(whole + fraction) else { return nil }
      digits = isNegative ? 0 - value : value
      places = fraction.count
      unit = String(rest.drop { $0 == " " })
      guard unit.allSatisfy({ !$0.isNumber && $0 != " " }) else { return nil }
    }
  }
#endif
