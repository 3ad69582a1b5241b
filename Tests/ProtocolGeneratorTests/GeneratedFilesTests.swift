import Foundation
import Testing

@testable import protocol_generator

@Suite struct `Generated files` {
  @Test func `a fresh run writes what is committed, byte for byte`() throws {
    let files = try Package.generator.generate()
    let differences = Difference.between(files, and: Package.root, folders: Package.folders)
    #expect(differences.map(\.description) == [], "run 'make generate' and commit what it changed")
    #expect(files.count > 40)
  }

  @Test func `a changed, a missing and a surplus file are each reported, and put right`() throws {
    let folder = URL.temporaryDirectory.appending(path: "percuss-\(UUID().uuidString)", directoryHint: .isDirectory)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = try Package.generator.generate()
    for file in files.dropFirst() {
      try Difference(path: file.path, found: nil, expected: file.text).resolve(in: folder)
    }
    let changed = try #require(files.last)
    let surplus = "\(Package.folders.swift)/Forgotten.swift"
    try Difference(path: changed.path, found: nil, expected: "# Another\n" + changed.text).resolve(in: folder)
    try Difference(path: surplus, found: nil, expected: "// of an enumeration that is gone").resolve(in: folder)

    let differences = Difference.between(files, and: folder, folders: Package.folders)
    #expect(
      differences.map(\.summary) == ["added    \(files[0].path)", "changed  \(changed.path)", "removed  \(surplus)"])
    #expect(differences[1].description.contains("from line 1\n  - # Another\n"))

    for difference in differences { try difference.resolve(in: folder) }
    #expect(Difference.between(files, and: folder, folders: Package.folders).isEmpty)
  }

  @Test func `a specification in the other byte order is read and written in that order`() throws {
    let specification = try Package.specification { $0.replacing("byte_order: little", with: "byte_order: big") }
    func text(_ view: any LanguageView.Type, _ name: String) throws -> String {
      let files = view.init(specification, in: Package.folders).files
      let written = try Package.generator.write(files, of: Package.path, notice: nil)
      return try #require(written.first { $0.path.hasSuffix(name) }).text
    }
    let swift = try text(SwiftView.self, "ControlRequest.swift")
    #expect(swift.contains("value.bigEndian(UInt16.self, at: 3)"))
    #expect(!swift.contains("littleEndian"))
    #expect(
      try text(CView.self, ".h").contains("return (uint16_t)((uint32_t)bytes[0] << 8 | bytes[1]);"))
    #expect(try text(LuaView.self, ".lua").contains("tree:add(field.proto, range)"))
  }

  @Test func `the generator knows no protocol by name`() throws {
    let folder = Package.root.appending(path: "Sources/protocol-generator")
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.contains(".") }
    #expect(files.count > 20)
    for file in files {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8).lowercased()
      #expect(!text.contains("percuss") && !text.contains("theragun"), "\(file)")
    }
  }

  @Test func `every language says what the reader of a protocol must know`() throws {
    for file in try Package.generator.generate() where file.path.lowercased().contains("theragun") {
      let words = file.text.split { $0.isWhitespace || $0 == "/" || $0 == "*" || $0 == "-" || $0 == "\"" || $0 == "+" }
      #expect(words.joined(separator: " ").contains("made for interoperability, not tried on hardware"), "\(file.path)")
    }
  }

  @Test func `a missing template is named`() throws {
    let empty = URL.temporaryDirectory.appending(path: "no-templates", directoryHint: .isDirectory)
    let generator = Generator(
      root: Package.root, specifications: [Package.path], folders: Package.folders, templates: empty)
    #expect { try generator.generate() } throws: {
      "\($0)".contains("There is no template 'swift/Enumeration.mustache'")
    }
  }
}

/// The package that these tests belong to.
enum Package {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  static let path = "protocol-spec/percuss.yaml"

  /// As the Makefile has them.
  static let specifications = [path, "protocol-spec/theragun-gen4.yaml"]
  static let folders = OutputFolders(swift: "Sources/PercussWire/Generated", others: "protocol-spec/generated")

  static var generator: Generator {
    Generator(
      root: root, specifications: specifications, folders: folders,
      templates: root.appending(path: "Sources/protocol-generator/Templates", directoryHint: .isDirectory))
  }

  /// Its specification after an edit; the edit must change something.
  static func specification(_ edit: (String) -> String = { $0 + "\n" }) throws -> Specification {
    let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
    let edited = edit(text)
    try #require(edited != text)
    return try SpecificationReader.read(edited, file: path)
  }
}
