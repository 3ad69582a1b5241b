import Testing

@testable import protocol_generator

@Suite struct `Bad specifications` {
  /// The smallest specification that has one of everything, with line numbers that the tests count on.
  static let good = """
    protocol: small
    title: Small
    version: { major: 1, minor: 1 }
    byte_order: big
    units:
      ppm: { title: percussions per minute, symbol: PPM, suffix: ppm }
    enumerations:
      - name: kind
        type: u8
        doc: Kinds.
        values:
          - { name: one, value: 1, doc: One. }
          - { name: two, value: 2, doc: Two. }
    messages:
      - name: greeting
        direction: central_to_peripheral
        maximum_length: 4
        doc: Hello.
        header:
          - { name: kind, type: kind, doc: Which. }
        otherwise: error
        variants:
          - name: first
            when: { kind: one }
            doc: First.
            fields:
              - { name: speed, type: u16, unit: ppm, range: [1, 900], doc: Speed. }
          - name: second
            when: { kind: two }
            doc: Second.
            fields: []

    """

  @Test func `the good one is good`() throws {
    let specification = try SpecificationReader.read(Self.good, file: "small.yaml")
    #expect(specification.messages[0].variants[0].fields[0].offset == 1)
  }

  struct Mistake: CustomTestStringConvertible {
    var replace: String
    var with: String
    /// All that must be reported.
    var reported: [String]

    var testDescription: String { with }
  }

  @Test(arguments: [
    Mistake(
      replace: "type: u16", with: "type: u17",
      reported: [
        "small.yaml:27:34: there is no type 'u17': it must be u8 to u64, i8 to i64, bytes, or an enumeration, flag set or "
          + "record above"
      ]),
    Mistake(
      replace: "name: two, value: 2", with: "name: two, value: 1",
      reported: [
        "small.yaml:13:9: the value 1 of 'two' is already that of 'one'",
        "small.yaml:29:15: 'when' overlaps with that of 'first'",
      ]),
    Mistake(
      replace: "name: two, value: 2", with: "name: one, value: 2",
      reported: ["small.yaml:13:9: there is another value 'one'", "small.yaml:29:23: kind has no value 'two'"]),
    Mistake(
      replace: "value: 2", with: "value: 256",
      reported: ["small.yaml:13:9: the value 256 of 'two' is outside 0...255"]),
    Mistake(
      replace: "maximum_length: 4", with: "maximum_length: 2",
      reported: ["small.yaml:23:9: greeting.first takes 3 bytes; its maximum_length is 2"]),
    Mistake(
      replace: "kind: two }", with: "kind: one }",
      reported: ["small.yaml:29:15: 'when' overlaps with that of 'first'"]),
    Mistake(
      replace: "[1, 900]", with: "[900, 1]",
      reported: ["small.yaml:27:57: the range begins at 900, above its end 1"]),
    Mistake(
      replace: "[1, 900]", with: "[1, 65536]",
      reported: ["small.yaml:27:57: the range [1, 65536] does not fit u16"]),
    Mistake(
      replace: "[1, 900]", with: "[1]",
      reported: ["small.yaml:27:57: a range is two integers: [lowest, highest]"]),
    Mistake(
      replace: "unit: ppm", with: "unit: rpm", reported: ["small.yaml:27:45: there is no unit 'rpm'"]),
    Mistake(
      replace: "doc: Hello.", with: "dok: Hello.",
      reported: [
        "small.yaml:15:5: a message lacks 'doc'",
        "small.yaml:18:5: a message has no key 'dok'; it has name, direction, maximum_length, trailing, doc, header, otherwise, variants",
      ]),
    Mistake(
      replace: "when: { kind: one }", with: "when: { sort: one }",
      reported: ["small.yaml:24:17: the header has no field 'sort'"]),
    Mistake(
      replace: "name: greeting", with: "name: Greeting",
      reported: ["small.yaml:15:11: 'Greeting' is no name: lower-case words of letters and digits, joined by '_'"]),
    Mistake(
      replace: "name: greeting", with: "name: kind",
      reported: ["small.yaml:15:5: 'kind' is already taken among the types"]),
    Mistake(
      replace: "direction: central_to_peripheral", with: "direction: up",
      reported: [
        "small.yaml:16:16: 'direction' is 'up'; it must be one of central_to_peripheral, peripheral_to_central"
      ]),
    Mistake(
      replace: "value: 2, doc", with: "value: 2, since: 2, doc",
      reported: ["small.yaml:13:39: 'since' is 2, but the minor version is 1"]),
    Mistake(
      replace: "title: Small", with: "title: Small\ntitle: Again",
      reported: ["small.yaml:2:1: a mapping has the key 'title' twice"]),
    Mistake(
      replace: "title: Small", with: "title: [Small",
      reported: ["small.yaml:3:8: did not find expected ',' or ']'"]),
  ])
  func `each mistake is reported where it stands`(mistake: Mistake) throws {
    let text = Self.good.replacing(mistake.replace, with: mistake.with)
    try #require(text != Self.good)
    let error = #expect(throws: SpecificationError.self) {
      try SpecificationReader.read(text, file: "small.yaml")
    }
    #expect(error?.problems.map(\.description) == mistake.reported)
  }

  /// A specification of what the other one has not: no version, a checksum, fixed bytes, an exact length.
  static let goodWithChecksum = """
    protocol: summed
    title: Summed
    byte_order: big
    checksums: [crc32]
    enumerations:
      - { name: kind, type: u8, doc: Kinds., values: [{ name: one, value: 1, doc: One. }] }
    messages:
      - name: greeting
        direction: central_to_peripheral
        maximum_length: 6
        trailing: reject
        doc: Hello.
        header:
          - { name: start, type: u8, value: 0xAA, doc: Start. }
          - { name: sum, type: u8, checksum: { algorithm: sum8, from: 2 }, doc: Sum. }
          - { name: kind, type: kind, doc: Which. }
        otherwise: error
        variants:
          - name: first
            when: { kind: one }
            doc: First.
            fields:
              - { name: speed, type: u16, opaque: true, doc: Speed. }
              - { name: end, type: u8, value: 3, doc: End. }

    """

  @Test func `the good one with a checksum is good`() throws {
    let message = try SpecificationReader.read(Self.goodWithChecksum, file: "sum.yaml").messages[0]
    #expect(message.checksum?.checksum == Field.Checksum(algorithm: .sum8, from: 2))
    #expect(message.rejectsTrailing)
    #expect(message.variants[0].stored.map(\.name) == ["speed"])
    #expect(message.variants[0].stored[0].isOpaque)
  }

  @Test(arguments: [
    Mistake(
      replace: "from: 2", with: "from: 1",
      reported: ["sum.yaml:8:5: the checksum 'sum' must begin behind itself and with the header, not at 1"]),
    Mistake(
      replace: "from: 2", with: "from: 4",
      reported: ["sum.yaml:8:5: the checksum 'sum' must begin behind itself and with the header, not at 4"]),
    Mistake(
      replace: "algorithm: sum8", with: "algorithm: xor8",
      reported: ["sum.yaml:15:55: 'algorithm' is 'xor8'; it must be one of sum8"]),
    Mistake(
      replace: "name: sum, type: u8", with: "name: sum, type: u16",
      reported: [
        "sum.yaml:8:5: the checksum 'sum' must begin behind itself and with the header, not at 2",
        "sum.yaml:15:43: sum8 is a u8 without a range or value of its own",
        "sum.yaml:19:9: greeting.first takes 7 bytes; its maximum_length is 6",
      ]),
    Mistake(
      replace: "type: u8, value: 0xAA", with: "type: u8, checksum: { algorithm: sum8, from: 2 }",
      reported: ["sum.yaml:8:5: a message has one checksum at most"]),
    Mistake(
      replace: "name: end, type: u8, value: 3", with: "name: end, type: u8, checksum: { algorithm: sum8, from: 2 }",
      reported: ["sum.yaml:24:13: a checksum stands in the header"]),
    Mistake(
      replace: "name: end, type: u8, value: 3", with: "name: end, type: bytes",
      reported: ["sum.yaml:24:13: a message with a checksum or without trailing bytes cannot hold bytes"]),
    Mistake(
      replace: "name: kind, type: kind, doc", with: "name: kind, type: kind, opaque: true, doc",
      reported: ["sum.yaml:16:43: only an integer field has a 'opaque'"]),
    Mistake(
      replace: "trailing: reject", with: "trailing: keep",
      reported: ["sum.yaml:11:15: 'trailing' is 'keep'; it must be one of ignore, reject"]),
    Mistake(
      replace: "[crc32]", with: "[crc33]",
      reported: ["sum.yaml:4:13: 'crc33' is no checksum; known are crc32"]),
    Mistake(
      replace: "doc: End.", with: "since: 1, doc: End.",
      reported: ["sum.yaml:24:53: 'since' is 1, but the minor version is 0"]),
  ])
  func `each mistake with a checksum is reported where it stands`(mistake: Mistake) throws {
    let text = Self.goodWithChecksum.replacing(mistake.replace, with: mistake.with)
    try #require(text != Self.goodWithChecksum)
    let error = #expect(throws: SpecificationError.self) { try SpecificationReader.read(text, file: "sum.yaml") }
    #expect(error?.problems.map(\.description) == mistake.reported)
  }

  @Test(arguments: ["", "[]", "just text", "protocol: 1", "messages: { a: b }"])
  func `what is no specification at all is refused`(text: String) {
    #expect(throws: SpecificationError.self) { try SpecificationReader.read(text, file: "small.yaml") }
  }
}
