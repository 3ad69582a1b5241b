import Foundation
import Testing

extension ProgramRun {
  /// Runs a line of `sh` in which `$PERCUSS` and `$PERCUSSD` are the programs; for what only a shell can arrange. At most half a minute.
  static func shell(_ line: String) async throws -> ProgramRun {
    let folder = try TemporaryFolder()
    let errors = try folder.write("", to: "errors")
    let output = try folder.write("", to: "output")
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/timeout")
    process.arguments = ["30", "sh", "-c", line]
    process.currentDirectoryURL = packageFolder
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["PERCUSS": try program().path, "PERCUSSD": try program("percussd").path, "LC_ALL": "C.UTF-8"]
    ) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: errors))
    try process.run()
    process.waitUntilExit()
    return ProgramRun(
      arguments: [line], status: process.terminationStatus, output: try folder.text(of: "output"),
      errors: try folder.text(of: "errors"))
  }
}
