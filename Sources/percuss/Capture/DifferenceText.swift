import PercussCapture
import PercussGATT

/// What two conversations differ in, as people read it.
struct DifferenceText {
  let terminal: Terminal
  /// What the two conversations are called.
  var names = (a: "expected", b: "actual")

  func lines(_ comparison: ConversationComparison) -> [String] {
    comparison.differences.flatMap { lines($0) }
      + comparison.notCompared.map { terminal.styled("not compared: \($0)", .dim) }
  }

  private func lines(_ difference: ConversationDifference) -> [String] {
    let place = difference.expected ?? difference.actual
    let time = pad(place.map { Self.seconds($0.time) } ?? "", 11, left: true)
    let characteristic = terminal.styled(AttributeName.of(difference.characteristic), .bold)
    let kind = terminal.styled(pad(difference.kind.rawValue, 10), .red)
    let many = difference.count > 1 ? " (\(difference.count) in a row)" : ""
    let head = "\(time)  \(kind) \(characteristic)  \(printable(difference.what))\(many)  \(places(difference))"
    return [head]
      + difference.fields.map { field in
        "             \(field.name): \(names.a) \(printable(field.expected)), \(names.b) \(printable(field.actual))"
      }
  }

  private func places(_ difference: ConversationDifference) -> String {
    let words = [(names.a, difference.expected), (names.b, difference.actual)].compactMap { name, place in
      place.map { place in "\(name) \(place.record.map { "record \($0), " } ?? "")item \(place.item)" }
    }
    return terminal.styled("[\(words.joined(separator: "; "))]", .dim)
  }

  func verdict(_ comparison: ConversationComparison) -> String {
    let compared = "in \(comparison.comparedCount) reads, writes and values compared"
    switch comparison.differences.count {
    case 0: return terminal.styled("no difference", .green) + " \(compared)"
    case 1: return terminal.styled("1 difference", .red) + " \(compared)"
    case let count: return terminal.styled("\(count) differences", .red) + " \(compared)"
    }
  }

  private static func seconds(_ nanoseconds: Int64) -> String {
    let milliseconds = nanoseconds / 1_000_000
    let rest = String((milliseconds % 1000).magnitude)
    return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest + " s"
  }
}

/// A difference as `--json` prints it; see `protocol-spec/output.md`.
struct DifferenceLine: Encodable {
  struct Place: Encodable {
    let item: Int
    let record: Int?
    let timeUs: Int64

    init(_ place: ConversationDifference.Place) {
      (item, record, timeUs) = (place.item, place.record, place.time / 1000)
    }
  }

  struct Field: Encodable {
    let name: String
    let expected: String
    let actual: String
  }

  let type = "difference"
  let kind: String
  let characteristic: String
  let characteristicUuid: String
  let what: String
  let count: Int
  let expected: Place?
  let actual: Place?
  let fields: [Field]

  init(_ difference: ConversationDifference) {
    kind = difference.kind.rawValue
    characteristic = AttributeName.of(difference.characteristic)
    characteristicUuid = difference.characteristic.fullText
    what = difference.what
    count = difference.count
    expected = difference.expected.map { Place($0) }
    actual = difference.actual.map { Place($0) }
    fields = difference.fields.map { Field(name: $0.name, expected: $0.expected, actual: $0.actual) }
  }
}
