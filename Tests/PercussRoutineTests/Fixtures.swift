import Foundation
import PercussDocument
import PercussRoutine

/// The documents that lie in the repository.
enum Fixtures {
  private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
  static let badDocuments = tests.appending(path: "BadDocuments")
  static let examples = tests.deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "protocol-spec/examples")

  static let badNames = names(in: badDocuments, except: "expected")
  static let exampleNames = names(in: examples, except: "md")

  static func bytes(_ name: String, in folder: URL) throws -> [UInt8] {
    // Not `Data(contentsOf:)`: with an empty file it leaks, which a sanitizer run would report as ours.
    let file = try FileHandle(forReadingFrom: folder.appending(path: name))
    defer { try? file.close() }
    return [UInt8](try file.readToEnd() ?? Data())
  }

  private static func names(in folder: URL, except suffix: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { !$0.hasSuffix(".\(suffix)") }.sorted()
  }

  /// A device such as the product facts describe: 1750 to 2400 PPM in steps of 10, 267 N.
  static let limits = DeviceLimits(
    speedMinimum: 1750, speedMaximum: 2400, speedStep: 10, forceMaximum: 2670, routineSlots: 4,
    maximumRoutineSteps: 1024, queueDepth: 32, supportsWait: true)
}

/// A routine with the steps, given in YAML flow or block form, each item on a line of its own.
func routine(_ steps: String, name: String = "test.yaml") throws -> RoutineDocument {
  try RoutineDocument.parse(Array("percuss: 1\nname: Test\nsteps:\n\(steps)\n".utf8), name: name)
}

/// What is wrong with a document; empty when nothing is.
func problems(_ text: String, name: String = "test.yaml") -> [DocumentDiagnostic] {
  problems(Array(text.utf8), name: name)
}

func problems(_ bytes: [UInt8], name: String = "test.yaml") -> [DocumentDiagnostic] {
  do throws(DocumentDiagnostics) {
    _ = try RoutineDocument.parse(bytes, name: name)
    return []
  } catch {
    return error.diagnostics
  }
}
