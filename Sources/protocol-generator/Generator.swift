import Foundation
import Mustache

/// From specifications to the text of files, in memory.
struct Generator {
  /// The root of the package; the files' paths are relative to it.
  var root: URL
  /// The paths of the specifications in the package.
  var specifications: [String]
  var folders: OutputFolders
  var templates: URL

  static var languages: [any LanguageView.Type] {
    [SwiftView.self, SwiftSchemaView.self, CView.self, LuaView.self, MarkdownView.self]
  }

  func generate() throws -> [WrittenFile] {
    let read = try specifications.map { path in
      let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
      return try SpecificationReader.read(text, file: path)
    }
    let each = try zip(read, specifications).flatMap { specification, path in
      try Self.languages.flatMap {
        try write($0.init(specification, in: folders).files, of: path, notice: specification.notice)
      }
    }
    let common = SwiftFieldView(read, in: folders).files
    return try each + write(common, of: nil, notice: nil)
  }

  /// - Parameters:
  ///   - source: The specification's path; nil for what comes from all of them.
  func write(_ files: [GeneratedFile], of source: String?, notice: String?) throws -> [WrittenFile] {
    let library = try library()
    return try files.map { file in
      var context = file.context
      context["source"] = source
      context["several"] = source == nil
      context["notice"] = notice.map { ["text": $0, "lines": Prose.lines($0, indent: 0)] as [String: Any] }
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
