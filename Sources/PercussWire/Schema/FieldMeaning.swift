#if !hasFeature(Embedded)
  extension WireSchema.Field {
    /// What a number means in this field: a name where it has one, else the quantity with its unit.
    public func meaning(of number: Int128) -> String {
      if let special = special.first(where: { Int128($0.value) == number }) { return special.name }
      switch type {
      case .enumeration(let enumeration): return enumeration.name(of: number) ?? "unknown"
      case .flags(let set):
        let names = set.names(of: number)
        return names.isEmpty ? "none" : names.joined(separator: ", ")
      case .integer(let integer):
        if let unit { return unit.text(number) }
        // A checksum is compared digit by digit, and of an opaque number its bytes are all that is known.
        return isShownInHexadecimal ? "0x" + padded(String(number, radix: 16), integer.size &* 2) : "\(number)"
      case .record, .bytes: return ""
      }
    }

    private var isShownInHexadecimal: Bool {
      checksum != nil || isOpaque
        || name.split(whereSeparator: { $0 == "_" || $0 == "." }).contains { $0.hasPrefix("crc") }
    }
  }

  extension WireSchema.Enumeration {
    /// The name of a value; nil for one that this version does not know.
    public func name(of number: Int128) -> String? {
      values.first { Int128($0.value) == number }?.name
    }
  }

  extension WireSchema.FlagSet {
    /// The names of the bits that are set, from the lowest; `bit_7` for one without a name.
    public func names(of number: Int128) -> [String] {
      (0..<(integer.size &* 8)).filter { number & (1 << Int128($0)) != 0 }.map { bit in
        flags.first { $0.value == Int64(bit) }?.name ?? "bit_\(bit)"
      }
    }
  }

  extension WireSchema.Unit {
    /// A quantity as people read it: `1900 PPM`, `62.5 N`, `90000 ms (1 min 30 s)`.
    public func text(_ number: Int128) -> String {
      let text = "\(decimal(number, decimals)) \(symbol)"
      guard let microseconds, let long = Self.longDuration(number * Int128(microseconds)) else { return text }
      return "\(text) (\(long))"
    }

    /// Microseconds in one of a unit of time; nil for other units.
    var microseconds: Int64? {
      switch name {
      case "microsecond": 1
      case "millisecond": 1000
      case "second": 1_000_000
      default: nil
      }
    }

    /// From ten seconds on: days, hours, minutes and seconds.
    private static func longDuration(_ microseconds: Int128) -> String? {
      guard microseconds >= 10_000_000 else { return nil }
      let seconds = microseconds / 1_000_000
      let parts = [(seconds / 86400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min")]
        .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
      let rest = microseconds % 60_000_000
      return (parts + (rest > 0 ? ["\(decimal(rest, 6)) s"] : [])).joined(separator: " ")
    }
  }

  /// With the decimal point moved to the left; zeros at the end of the fraction are left out.
  private func decimal(_ number: Int128, _ places: Int) -> String {
    let scale = (0..<places).reduce(1 as Int128) { scale, _ in scale * 10 }
    let (whole, fraction) = number.magnitude.quotientAndRemainder(dividingBy: scale.magnitude)
    var digits = padded(String(fraction), places)
    while digits.hasSuffix("0") { digits.removeLast() }
    return (number < 0 ? "-" : "") + String(whole) + (fraction == 0 ? "" : "." + digits)
  }

  private func padded(_ digits: String, _ width: Int) -> String {
    String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
#endif
