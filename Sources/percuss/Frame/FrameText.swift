import PercussGATT
import PercussWire

/// Frames and their mistakes as people read them.
struct FrameText {
  let terminal: Terminal

  /// A title and a row for each field.
  func table(_ frame: FrameDescription, of bytes: [UInt8]) -> String {
    var rows: [[String]] = []
    for field in frame.fields {
      var chunks = Array(field.bytes).chunks(of: 8)[...]
      let value = field.number.map { String($0) } ?? ""
      let first = chunks.popFirst() ?? []
      let meaning = field.meaning == value ? "" : field.meaning
      rows.append([String(field.offset), hex(first), field.name, value, meaning])
      // A long payload goes on below.
      for (index, chunk) in chunks.enumerated() {
        rows.append([String(field.offset + 8 * (index + 1)), hex(chunk), "", "", ""])
      }
    }
    for (index, chunk) in Array(bytes[frame.ignored]).chunks(of: 8).enumerated() {
      let note = index == 0 ? frame.message.specification.aboutUnknownBytes : ""
      rows.append([String(frame.ignored.lowerBound + 8 * index), hex(chunk), "", "", note])
    }
    let titles = ["offset", "bytes", "field", "value", "meaning"]
    let widths = titles.indices.map { column in rows.map { $0[column].count }.reduce(titles[column].count, max) }
    let lines = ([titles] + rows).map { row in
      let cells = row.enumerated().map { pad($1, widths[$0], left: $0 == 0 || $0 == 3) }
      return String(("  " + cells.joined(separator: "  ")).trimmingSuffix(while: { $0 == " " }))
    }
    let doc = frame.variant?.doc ?? frame.message.doc
    let title = "\(terminal.styled(frame.title, .bold)): \(origin(frame.message)), \(count(bytes.count))"
    let notice = frame.message.specification.notice.map { wrap($0, to: 100).map { "  " + $0 } } ?? []
    return ([title, "  " + doc] + notice + [terminal.styled(lines[0], .dim)] + lines.dropFirst()).joined(
      separator: "\n")
  }

  /// Who sends a message, and where.
  func origin(_ message: WireSchema.Message) -> String {
    let way = message.direction == .centralToPeripheral ? "central to peripheral" : "peripheral to central"
    let uuid = BluetoothUUID(of: message).fullText
    return "\(way), \(message.characteristic.title) (\(uuid))"
  }

  /// What is wrong, and below it the bytes with a mark under those that are.
  static func refusal(_ refusal: FrameReading.Refusal, of bytes: [UInt8]) -> String {
    let error = refusal.error
    var end = error.offset + (WireSchema.field(at: "\(error.field)")?.size ?? 1)
    // Where bytes are missing the mark goes on behind the last one.
    if case .truncated = error.reason { end = max(error.offset, bytes.count) + 1 }
    return "\(error)\n" + marked(bytes, error.offset..<max(end, error.offset + 1))
  }

  /// The bytes, in a long value those around the place, with a mark below.
  static func marked(_ bytes: [UInt8], _ place: Range<Int>) -> String {
    let start = bytes.count <= 24 ? 0 : min(place.lowerBound, bytes.count - 1) / 16 * 16
    let row = Array(bytes[start..<(bytes.count <= 24 ? bytes.count : min(start + 16, bytes.count))])
    let margin = bytes.count <= 24 ? "  " : "  byte \(start): "
    let first = place.lowerBound - start
    let marks = max(1, min(place.upperBound - start, row.count + 1) - first)
    let indent = String(repeating: " ", count: margin.count + 3 * first)
    return "\(margin)\(hex(row))\n\(indent)\(String(repeating: "^", count: 3 * marks - 1))"
  }
}

func hex(_ bytes: some Collection<UInt8>) -> String {
  var digits: [UInt8] = []
  digits.reserveCapacity(bytes.count * 3)
  digits.append(hex: bytes)
  return String(decoding: digits, as: UTF8.self)
}

func count(_ bytes: Int) -> String { count(bytes, "byte") }

extension WireSchema {
  /// The field with the path that an error names.
  static func field(at path: String) -> Field? {
    for message in specifications.flatMap(\.messages) where path.hasPrefix(message.name + ".") {
      for field in message.header.flatMap(\.leaves) where "\(message.name).\(field.name)" == path { return field }
      for variant in message.variants {
        for field in variant.fields.flatMap(\.leaves) where "\(message.name).\(variant.name).\(field.name)" == path {
          return field
        }
      }
    }
    return nil
  }
}

extension FrameDescription {
  /// Its name, behind that of the protocol where that is not our own.
  var title: String {
    message.specification == .percuss ? name : "\(message.specification.argument) \(name)"
  }
}

extension WireSchema.Specification {
  /// As the command line has it.
  var argument: String { String(name.map { $0 == "_" ? "-" : $0 }) }

  /// Of bytes behind the last known field; a protocol with versions can have appended them.
  var aboutUnknownBytes: String { self == .percuss ? "not known to this version" : "their meaning is not public" }
  var ofUnknownBytes: String { self == .percuss ? "of a later version" : "whose meaning is not public" }
}

extension Array {
  fileprivate func chunks(of size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}

extension String {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
    var rest = self[...]
    while let last = rest.last, predicate(last) { rest.removeLast() }
    return rest
  }
}
