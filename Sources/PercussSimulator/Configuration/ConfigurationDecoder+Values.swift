internal import PercussBlueZ
internal import PercussDocument

/// The values that configurations hold.
extension DocumentDecoder {
  /// The keys of a mapping, once those that nobody knows are reported.
  mutating func mapping(
    _ node: DocumentNode, of what: String, keys: [String], version: Int? = nil
  ) -> Fields? {
    guard case .mapping(let pairs) = node.content else {
      report(
        "a mapping should stand here for \(what)", at: node,
        help: "with \(keys.count > 6 ? "keys such as" : "the keys") "
          + keys.prefix(6).joined(separator: ", "))
      return nil
    }
    var fields = fields(pairs)
    let unknown = fields.inOrder.filter { !keys.contains($0.name) }
    for key in unknown.prefix(DiagnosticSink.limit) { fields.presume(Spelling.nearest(to: key.name, among: keys)) }
    if let version, !self.version(version, key: keys[0], in: fields, at: node) { return nil }
    for key in unknown {
      report(
        "the key “\(key.name.shown)” is not known in \(what)", at: key.range,
        help: Self.didYouMean(key.name, among: keys))
    }
    return fields
  }

  mutating func ifPresent(
    _ name: String, in fields: Fields, _ body: (inout DocumentDecoder, DocumentNode) -> Void
  ) {
    guard let field = fields[name] else { return }
    inside(name) { body(&$0, field.value) }
  }

  /// The settings of a table that a mapping names.
  mutating func settings<Root>(
    _ node: DocumentNode, of what: String, _ table: [Setting<Root>], into root: inout Root
  ) {
    guard let fields = mapping(node, of: what, keys: table.map(\.name)) else { return }
    for setting in table {
      guard let value = optional(setting.name, in: fields, { $0.value($1, of: setting.kind) }) else { continue }
      // The value is of the kind and within its range by now.
      _ = setting.set(&root, value)
    }
  }

  private mutating func value(_ node: DocumentNode, of kind: SettingKind) -> SettingValue? {
    switch kind {
    case .flag: flag(node).map { .flag($0) }
    case .count(let range): integer(node, in: range).map { .count($0) }
    case .share(let range): number(node, in: range, unit: nil).map { .share($0) }
    case .duration(let range): duration(node, in: range).map { .duration($0) }
    case .choice(let words): choice(node, among: words).map { .choice($0) }
    }
  }

  /// The text of a scalar that is no list, mapping or nothing.
  private mutating func scalar(_ node: DocumentNode, _ noun: String, example: String) -> String? {
    guard case .scalar(let text, _) = node.content, !text.isEmpty else {
      report("\(noun) should stand here", at: node, help: "such as \(example)")
      return nil
    }
    return text
  }

  mutating func flag(_ node: DocumentNode) -> Bool? {
    guard let text = scalar(node, "true or false", example: "true") else { return nil }
    if case .scalar(_, .plain) = node.content {
      if text == "true" { return true }
      if text == "false" { return false }
    }
    report("“\(text.shown)” is neither true nor false", at: node, help: "write true or false, without quotes")
    return nil
  }

  mutating func choice(_ node: DocumentNode, among words: [String]) -> String? {
    guard let text = scalar(node, "one of \(words.joined(separator: ", "))", example: words[0]) else { return nil }
    if words.contains(text) { return text }
    report("“\(text.shown)” is not known here", at: node, help: Self.didYouMean(text, among: words))
    return nil
  }

  /// A whole number, decimal or after `0x` hexadecimal.
  mutating func integer(_ node: DocumentNode, in range: ClosedRange<Int>) -> Int? {
    let example = "\(range.lowerBound) to \(range.upperBound)"
    guard let text = scalar(node, "a whole number", example: example) else { return nil }
    let number = text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
    guard let number, case .scalar(_, .plain) = node.content, !text.hasPrefix("+") else {
      report("“\(text.shown)” is not a whole number", at: node, help: "\(example), without quotes")
      return nil
    }
    guard range.contains(number) else {
      report("\(number) is not within \(example)", at: node)
      return nil
    }
    return number
  }

  mutating func seed(_ node: DocumentNode) -> UInt64? {
    guard let text = scalar(node, "a whole number", example: "7") else { return nil }
    guard let seed = UInt64(text), case .scalar(_, .plain) = node.content, !text.hasPrefix("+") else {
      report("“\(text.shown)” is not a seed", at: node, help: "a whole number from 0 to \(UInt64.max), without quotes")
      return nil
    }
    return seed
  }

  mutating func number(_ node: DocumentNode, in range: ClosedRange<Double>, unit: String?) -> Double? {
    let limits = "\(Self.short(range.lowerBound)) to \(Self.short(range.upperBound))" + (unit.map { " \($0)" } ?? "")
    guard let text = scalar(node, "a number", example: limits) else { return nil }
    let letters = Set("0123456789.-eE")
    guard text.allSatisfy({ letters.contains($0) }), let number = Double(text), number.isFinite,
      case .scalar(_, .plain) = node.content
    else {
      report("“\(text.shown)” is not a number", at: node, help: "\(limits), without quotes")
      return nil
    }
    guard range.contains(number) else {
      report("“\(text.shown)” is not within \(limits)", at: node)
      return nil
    }
    return number
  }

  private static func short(_ number: Double) -> String {
    number == number.rounded() ? String(Int(number)) : String(number)
  }

  mutating func duration(_ node: DocumentNode, in range: ClosedRange<Duration>) -> Duration? {
    let limits = "\(DurationText.text(range.lowerBound)) to \(DurationText.text(range.upperBound))"
    guard let text = scalar(node, "a duration", example: "30 ms, 2 s or 1 min") else { return nil }
    guard let duration = DurationText.read(text) else {
      let isNumber = Double(text) != nil
      report(
        isNumber ? "“\(text.shown)” has no unit" : "“\(text.shown)” is not a duration", at: node,
        help: isNumber
          ? "\(text.shown) ms for milliseconds, \(text.shown) s for seconds" : "such as 7.5 ms, 30s or 1 min")
      return nil
    }
    guard range.contains(duration) else {
      report("“\(text.shown)” is not within \(limits)", at: node)
      return nil
    }
    return duration
  }

  /// A charge such as `80 %`.
  mutating func percent(_ node: DocumentNode) -> UInt8? {
    guard let text = scalar(node, "a percentage", example: "80 %") else { return nil }
    let digits = text.hasSuffix("%") ? text.dropLast().drop { $0 == " " } : ""
    let number = digits.split(separator: " ")
    guard number.count == 1, let percent = UInt8(number[0]), percent <= 100 else {
      report("“\(text.shown)” is not a percentage", at: node, help: "a whole number from 0 % to 100 %, such as 80 %")
      return nil
    }
    return percent
  }

  /// A temperature such as `31.5 C`, in tenths of a degree.
  mutating func temperature(_ node: DocumentNode) -> Int16? {
    guard let text = scalar(node, "a temperature", example: "31.5 C") else { return nil }
    let unit = ["°C", "C"].first { text.hasSuffix($0) }
    let number = unit.map { text.dropLast($0.count).split(separator: " ") } ?? []
    guard number.count == 1, let degrees = Double(number[0]), (-40...150).contains(degrees),
      (degrees * 10).rounded() / 10 == degrees
    else {
      report(
        "“\(text.shown)” is not a temperature", at: node, help: "-40 C to 150 C in steps of 0.1, such as 31.5 C")
      return nil
    }
    return Int16((degrees * 10).rounded())
  }

  mutating func address(_ node: DocumentNode) -> BluetoothAddress? {
    guard let text = scalar(node, "an address", example: "\"C8:2E:47:0A:11:02\"") else { return nil }
    guard let address = BluetoothAddress(text), text.contains(":") else {
      report(
        "“\(text.shown)” is not a Bluetooth address", at: node,
        help: "six pairs of hexadecimal digits, in quotes: \"C8:2E:47:0A:11:02\"")
      return nil
    }
    guard address.rawValue != 0, address.rawValue != 0xFFFF_FFFF_FFFF else {
      report("no device has the address \(address)", at: node, help: "such as \"C8:2E:47:0A:11:02\"")
      return nil
    }
    return address
  }
}
