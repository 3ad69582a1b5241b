/// Tells drift from growth: a checksum over what a major version fixed once and for all.
///
/// It is the CRC-32 (IEEE 802.3) of the UTF-8 text below, one line per item, each ended by a line feed, in the order of the
/// specification. Documentation, titles, limits of ranges and everything that a later minor version appended
/// (`since`) are left out, so that only a change that an old peer would misread changes it.
///
///     protocol NAME MAJOR BYTE_ORDER
///     enumeration NAME TYPE            value NAME NUMBER
///     flags NAME TYPE                  flag NAME BIT
///     record NAME                      field NAME TYPE [UNIT]
///     message NAME                     field NAME TYPE [UNIT] [=VALUE] [CHECKSUM FROM]
///     variant NAME [FIELD=NUMBER ...]  field NAME TYPE [UNIT] [=VALUE]
///
/// The unit belongs to it: 0.1 N read as 1 N is a wrong value, though the bytes are where they were.
struct SchemaCRC {
  let lines: [String]

  init(_ specification: Specification) {
    let major = specification.version.map { " \($0.major)" } ?? ""
    var lines = ["protocol \(specification.name)\(major) \(specification.byteOrder.rawValue)"]
    for enumeration in specification.enumerations {
      lines.append("enumeration \(enumeration.name) \(enumeration.type.name)")
      lines += enumeration.values.filter { $0.since == 0 }.map { "value \($0.name) \($0.value)" }
    }
    for set in specification.flagSets {
      lines.append("flags \(set.name) \(set.type.name)")
      lines += set.flags.filter { $0.since == 0 }.map { "flag \($0.name) \($0.value)" }
    }
    for record in specification.records {
      lines.append("record \(record.name)")
      lines += Self.lines(of: record.fields)
    }
    for message in specification.messages {
      lines.append("message \(message.name)")
      lines += Self.lines(of: message.header)
      for variant in message.variants where variant.since == 0 {
        let when = message.selectors.compactMap { field in
          variant.when[field.name].map { " \(field.name)=\($0.value)" }
        }
        lines.append("variant \(variant.name)" + when.joined())
        lines += Self.lines(of: variant.fields)
      }
    }
    self.lines = lines
  }

  private static func lines(of fields: [Field]) -> [String] {
    fields.filter { $0.since == 0 }.map { field in
      "field \(field.name) \(field.type.name)" + (field.unit.map { " \($0.name)" } ?? "")
        + (field.constant.map { " =\($0)" } ?? "")
        + (field.checksum.map { " \($0.algorithm.rawValue) \($0.from)" } ?? "")
    }
  }

  var text: String { lines.map { $0 + "\n" }.joined() }

  var value: UInt32 {
    ~text.utf8.reduce(0xFFFF_FFFF) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
  }
}

extension FieldType {
  /// As the specification writes it.
  var name: String {
    switch self {
    case .integer(let type): type.name
    case .enumeration(let enumeration): enumeration.name
    case .flagSet(let set): set.name
    case .record(let record): record.name
    case .bytes: "bytes"
    }
  }
}
