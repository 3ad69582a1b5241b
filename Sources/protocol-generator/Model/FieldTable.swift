/// The number of every field, the same in every language, so that an error can name one without a string.
///
/// The high byte is the group (a record, a header or a variant; variants from 0x40), the low byte the field in it counted
/// from 1, with the fields of a record in their place; 0 is the group itself.
struct FieldTable {
  struct Entry {
    var number: Int
    /// Such as `control_request`, `set_speed`, `ramp`.
    var path: [String]
    /// Its first byte in the message or record; nil for a group.
    var offset: Int?

    var dotted: String { path.joined(separator: ".") }
    var name: Name { Name(path.joined(separator: "_")) }
  }

  private(set) var entries: [Entry] = []

  /// A path that has all three parts, for prose.
  var example: String? { entries.first { $0.path.count == 3 && $0.number >= Self.variants }?.dotted }

  /// The first number that belongs to a variant.
  static let variants = 0x4000

  init(_ specification: Specification) {
    var group = 0
    func add(_ path: [String], _ fields: [Field]) {
      group += 1
      var number = group << 8
      entries.append(Entry(number: number, path: path))
      for field in fields {
        for leaf in Self.leaves(field) {
          number += 1
          entries.append(Entry(number: number, path: path + leaf.path, offset: leaf.offset))
        }
      }
    }
    for record in specification.records { add([record.name], record.fields) }
    for message in specification.messages { add([message.name], message.header) }
    group = (Self.variants >> 8) - 1
    for message in specification.messages {
      for variant in message.variants { add([message.name, variant.name], variant.fields) }
    }
  }

  private static func leaves(_ field: Field) -> [(path: [String], offset: Int)] {
    guard case .record(let record) = field.type else { return [([field.name], field.offset)] }
    return record.fields.map { ([field.name, $0.name], field.offset + $0.offset) }
  }
}
