import Foundation
import Mustache

/// From a specification to the text of files, in memory.
struct Generator {
  /// The root of the package; the files' paths are relative to it.
  var root: URL
  /// The specification's path in the package.
  var specification: String
  var templates: URL

  static var languages: [any LanguageView.Type] {
    [SwiftView.self, SwiftSchemaView.self, CView.self, LuaView.self, MarkdownView.self]
  }

  func generate() throws -> [WrittenFile] {
    let text = try String(contentsOf: root.appending(path: specification), encoding: .utf8)
    let specification = try SpecificationReader.read(text, file: specification)
    return try Self.languages.flatMap { try write($0.init(specification)) }
  }

  /// The files of one language.
  func write(_ view: any LanguageView) throws -> [WrittenFile] {
    let library = try library()
    return try view.files.map { file in
      var context = file.context
      context["source"] = specification
      guard let text = library.render(context, withTemplate: file.template) else {
        throw MissingTemplate(name: file.template, folder: templates.path)
      }
      return WrittenFile(path: file.path, text: file.breaksLines ? Prose.breakingLines(text) : text)
    }
  }

  private func library() throws -> MustacheLibrary {
    var library = MustacheLibrary()
    let names = FileManager.default.enumerator(atPath: templates.path)?.compactMap { $0 as? String } ?? []
    for name in names where name.hasSuffix(".mustache") {
      let text = try String(contentsOf: templates.appending(path: name), encoding: .utf8)
      try library.register(text, named: String(name.dropLast(".mustache".count)))
    }
    return library
  }
}

/// A file as it should be.
struct WrittenFile: Equatable {
  /// Relative to the package.
  var path: String
  var text: String
}

struct MissingTemplate: Error, CustomStringConvertible {
  var name: String
  var folder: String

  var description: String { "There is no template '\(name).mustache' in \(folder); name its folder with --templates." }
}
