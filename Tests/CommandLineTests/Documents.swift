import Foundation

/// The documents that the program is tried on, all of them found, none of them listed.
enum Documents {
  static let examplesFolder = ProgramRun.packageFolder.appending(path: "protocol-spec/examples")
  static let badFolder = ProgramRun.packageFolder.appending(path: "Tests/PercussRoutineTests/BadDocuments")
  static let examples = names(in: examplesFolder) { $0.hasSuffix(".yaml") || $0.hasSuffix(".json") }
  static let bad = names(in: badFolder) { !$0.hasSuffix(".expected") }

  /// A document with these steps, to be given on the standard input.
  static func text(_ steps: String...) -> String {
    "percuss: 1\nname: Test\nsteps:\n" + steps.map { "  - \($0)\n" }.joined()
  }

  /// A minute of motion.
  static let minute = text("{hold: 60s, speed: 1900 ppm, force: 60 N}")

  /// A file of a few seconds with every kind of step, beside what was built.
  static let shortFile: String = {
    let file = ProgramRun.packageFolder.appending(path: ".build/short-routine.yaml")
    let steps = text(
      "{ramp: 2s, speed: 1750..2000 ppm, force: 60 N, prompt: Left foot}", "{hold: 1s, speed: 2000 ppm, force: 50 N}",
      "{wait: confirm, prompt: Other foot, timeout: 10s}", "{pulse: 2s, speed: 1750/2000 ppm, period: 1s}",
      "{rest: 500ms}")
    try? Data(steps.replacing("name: Test", with: "name: Short").utf8).write(to: file, options: .atomic)
    return file.path
  }()

  private static func names(in folder: URL, where isMeant: (String) -> Bool) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter(isMeant).sorted()
  }
}

/// A folder of its own for one test, removed after it.
struct TemporaryFolder: ~Copyable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "percuss-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func write(_ text: String, to name: String) throws -> String {
    let file = url.appending(path: name)
    try Data(text.utf8).write(to: file)
    return file.path
  }

  func text(of name: String) throws -> String {
    String(decoding: try Data(contentsOf: url.appending(path: name)), as: UTF8.self)
  }
}
