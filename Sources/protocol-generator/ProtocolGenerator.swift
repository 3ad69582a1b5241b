import ArgumentParser
import Foundation

/// Writes everything that knows a byte of the protocol from its specification.
@main
struct ProtocolGenerator: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "protocol-generator",
    abstract: "Write the codecs, the dissectors and the reference tables of protocols from their specifications.",
    discussion: "Run it in the package's root, or name that with --package. With --check nothing is written.")

  @Argument(help: ArgumentHelp("The specifications, relative to the package.", valueName: "file"))
  var specifications: [String]

  @Option(help: ArgumentHelp("The root of the package.", valueName: "folder"))
  var package = "."

  @Option(help: ArgumentHelp("Where the Swift sources go; all else there is removed.", valueName: "folder"))
  var swift: String

  @Option(
    help: ArgumentHelp("Where headers, dissectors and tables go; all else there is removed.", valueName: "folder"))
  var others: String

  @Option(help: ArgumentHelp("The templates, relative to the package.", valueName: "folder"))
  var templates = "Sources/protocol-generator/Templates"

  @Flag(help: "Write nothing; end with 1 and say how the files differ from what would be written.")
  var check = false

  func run() throws {
    let root = URL(filePath: package, directoryHint: .isDirectory)
    let folders = OutputFolders(swift: swift, others: others)
    let generator = Generator(
      root: root, specifications: specifications, folders: folders,
      templates: root.appending(path: templates, directoryHint: .isDirectory))
    let files: [WrittenFile]
    do {
      files = try generator.generate()
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      throw ExitCode(65)
    }
    let differences = Difference.between(files, and: root, folders: folders)
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
