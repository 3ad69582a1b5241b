/// A name of the specification in the cases of other languages.
///
/// `set_speed` is `setSpeed` and `SetSpeed`; acronyms stay together: `schema_crc` is `schemaCRC`.
struct Name {
  let words: [String]

  private static let acronyms: Set<String> = ["att", "crc", "mtu", "ppm", "rpm", "uuid"]

  init(_ snakeCase: String...) {
    words = snakeCase.flatMap { $0.split(separator: "_").map(String.init) }
  }

  static func isValid(_ text: String) -> Bool {
    text.wholeMatch(of: /[a-z][a-z0-9]*(_[a-z0-9]+)*/) != nil
  }

  var lowerCamel: String { (words.first ?? "") + words.dropFirst().map(Self.capitalized).joined() }
  var upperCamel: String { words.map(Self.capitalized).joined() }
  var snake: String { words.joined(separator: "_") }
  var screaming: String { snake.uppercased() }
  /// For prose.
  var spaced: String { words.joined(separator: " ") }

  private static func capitalized(_ word: String) -> String {
    acronyms.contains(word) ? word.uppercased() : word.prefix(1).uppercased() + word.dropFirst()
  }
}
