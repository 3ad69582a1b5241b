import Foundation
import PercussDocument
import PercussRoutine
import Testing

/// Every file of `BadDocuments` against the diagnostics beside it.
///
/// To write the expected texts anew after a change of wording, run the tests once with `UPDATE_EXPECTED=1`, then read the
/// difference.
@Suite struct BadDocumentTests {
  @Test(arguments: Fixtures.badNames)
  func `a bad document gets exactly the diagnostics beside it`(name: String) throws {
    let bytes = try Fixtures.bytes(name, in: Fixtures.badDocuments)
    let found: String
    do throws(DocumentDiagnostics) {
      let document = try RoutineDocument.parse(bytes, name: name)
      _ = try Plan(compiling: document, for: Fixtures.limits, mode: .uploaded)
      Issue.record("\(name) is accepted")
      return
    } catch {
      #expect(!error.diagnostics.isEmpty)
      found = error.description
    }
    let file = Fixtures.badDocuments.appending(path: "\(name).expected")
    if ProcessInfo.processInfo.environment["UPDATE_EXPECTED"] == "1" {
      try Data(found.utf8).write(to: file)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == found)
  }

  @Test func `the folder holds bad documents of both formats`() {
    #expect(Fixtures.badNames.count >= 50)
    #expect(Fixtures.badNames.contains { $0.hasSuffix(".json") })
  }
}
