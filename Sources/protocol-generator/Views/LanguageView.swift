/// A specification as one language sees it: which files it becomes, from which template, and with which words.
protocol LanguageView {
  init(_ specification: Specification)
  var files: [GeneratedFile] { get }
}

/// A file to write, relative to the package.
struct GeneratedFile {
  var path: String
  /// Below the templates' folder, without its extension.
  var template: String
  /// What the template's tags stand for.
  var context: [String: Any]
  /// Long lines of code are broken behind a comma, where the template cannot know how long the names are.
  var breaksLines = false
}
