/// A specification as one language sees it: which files it becomes, from which template, and with which words.
protocol LanguageView {
  init(_ specification: Specification, in folders: OutputFolders)
  var files: [GeneratedFile] { get }
}

/// Where generated files go, relative to the package. Nothing else is in these folders.
struct OutputFolders: Equatable, Sendable {
  /// For the sources of the Swift module.
  var swift: String
  /// For the C header, the dissector and the reference tables of each protocol.
  var others: String

  /// A protocol whose types have a prefix has a folder of its own too.
  func swift(_ specification: Specification) -> String {
    specification.prefix == nil ? swift : "\(swift)/\(Name(specification.name).upperCamel)"
  }
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
