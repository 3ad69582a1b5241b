import ArgumentParser
import Foundation

/// Writes everything that knows a byte of the protocol from its specification.
@main
struct ProtocolGenerator: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "protocol-generator",
    abstract: "Write the codecs, the dissector and the reference tables of a protocol from its specification.",
    discussion: "Run it in the package's root, or name that with --package. With --check nothing is written.")

  @Option(help: ArgumentHelp("The root of the package.", valueName: "folder"))
  var package = "."

  @Option(help: ArgumentHelp("The specification, relative to the package.", valueName: "file"))
  var specification = "protocol-spec/percuss.yaml"

  @Option(help: ArgumentHelp("The templates, relative to the package.", valueName: "folder"))
  var templates = "Sources/protocol-generator/Templates"

  @Flag(help: "Write nothing; end with 1 and say how the files differ from what would be written.")
  var check = false

  func run() throws {
    let root = URL(filePath: package, directoryHint: .isDirectory)
    let generator = Generator(
      root: root, specification: specification, templates: root.appending(path: templates, directoryHint: .isDirectory))
    let files: [WrittenFile]
    do {
      files = try generator.generate()
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      throw ExitCode(65)
    }
    let differences = Difference.between(files, and: root)
    if check {
      for difference in differences { print(difference) }
      if !differences.isEmpty {
        print("\(differences.count) of \(files.count) generated files differ; 'make generate' writes them again.")
        throw ExitCode(1)
      }
      return
    }
    for difference in differences {
      try difference.resolve(in: root)
      print(difference.summary)
    }
    print("\(files.count) files are up to date.")
  }
}
