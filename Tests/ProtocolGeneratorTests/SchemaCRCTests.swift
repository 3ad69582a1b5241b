import Testing

@testable import protocol_generator

@Suite struct `Schema CRC` {
  @Test(arguments: [
    ("title: Percuss", "title: Something else"),
    ("doc: Take the lease on the motor.", "doc: Take it."),
    ("range: [500, 60000], doc: The lease ends", "range: [500, 50000], doc: The lease ends"),
    ("version: { major: 1, minor: 0 }", "version: { major: 1, minor: 7 }"),
  ])
  func `stays the same when words and limits change`(edit: (String, String)) throws {
    let before = SchemaCRC(try Package.specification())
    let after = SchemaCRC(try Package.specification { $0.replacing(edit.0, with: edit.1) })
    #expect(after.value == before.value)
  }

  @Test func `stays the same when a minor version appends values, flags and variants`() throws {
    let before = SchemaCRC(try Package.specification())
    let after = SchemaCRC(
      try Package.specification {
        $0.replacing("minor: 0", with: "minor: 1")
          .replacing(
            "      - { name: set_telemetry, value: 0x40,",
            with: """
                    - { name: dance, value: 0x41, since: 1, doc: New. }
                    - { name: set_telemetry, value: 0x40,
              """
          )
          .replacing(
            "      - { name: quiet, bit: 0,",
            with: "      - { name: loud, bit: 1, since: 1, doc: New. }\n      - { name: quiet, bit: 0,"
          )
          .replacing(
            "      - { name: queue_flush, when:",
            with: """
                    - { name: dance, when: { op_code: dance }, since: 1, doc: New., fields: [] }
                    - { name: queue_flush, when:
              """)
      })
    #expect(after.value == before.value)
  }

  @Test(arguments: [
    ("byte_order: little", "byte_order: big"),
    ("version: { major: 1, minor: 0 }", "version: { major: 2, minor: 0 }"),
    ("name: stop, value: 0x10", "name: stop, value: 0x18"),
    ("- { name: quiet, bit: 0", "- { name: quiet, bit: 1"),
    ("- { name: slot, type: u8, doc: Slot to store it in. }", "- { name: slot, type: u16, doc: Slot to store it in. }"),
    ("name: marker, type: u8, value: 0x80", "name: marker, type: u8, value: 0x81"),
  ])
  func `changes with what an old peer would misread`(edit: (String, String)) throws {
    let before = SchemaCRC(try Package.specification())
    let after = SchemaCRC(try Package.specification { $0.replacing(edit.0, with: edit.1) })
    #expect(after.value != before.value)
  }

  @Test func `is the CRC-32 of its text`() throws {
    // The check value of CRC-32 belongs to the text "123456789"; here the text is that of the specification.
    let crc = SchemaCRC(try Package.specification())
    let table = CView.crc32Table.map { UInt32($0) }
    let expected = ~crc.text.utf8.reduce(UInt32.max) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    #expect(crc.value == expected)
    #expect(table[1] == 0x7707_3096)
  }
}
