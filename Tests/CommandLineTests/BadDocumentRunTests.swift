import Foundation
import Testing

/// Every bad document: refused with its places, and nothing moves.
@Suite struct BadDocumentRunTests {
  @Test(arguments: Documents.bad)
  func `a bad document is refused with file, line and column, and nothing moves`(name: String) async throws {
    let run = try await ProgramRun.percuss("run", name, "--virtual-time", "--json", folder: Documents.badFolder)
    // The expected text of this one is for another device, which stores fewer steps.
    let isForAnother = name == "beyond-device.yaml"
    #expect(run.status == 65, "\(run)")

    let places = try heads(
      of: String(contentsOf: Documents.badFolder.appending(path: "\(name).expected"), encoding: .utf8))
    #expect(!places.isEmpty)
    let inText = heads(of: run.errors).map(place)
    #expect(!inText.isEmpty)
    #expect(isForAnother ? Set(inText).isSubset(of: places.map(place)) : inText == places.map(place))

    let objects = try run.objects()
    #expect(objects.map { $0["type"] as? String } == ["error"])
    #expect(objects.first?["exit_status"] as? Int == 65)
    let diagnostics = try #require(objects.first?["diagnostics"] as? [[String: Any]])
    let told = try diagnostics.map { diagnostic in
      let (file, line, column) = (
        diagnostic["file"] as? String, diagnostic["line"] as? Int, diagnostic["column"] as? Int
      )
      return "\(try #require(file)):\(try #require(line)):\(try #require(column))"
    }
    #expect(told == inText)
  }

  @Test(arguments: Documents.bad.filter { $0 != "beyond-device.yaml" })
  func `validate refuses it for the same places, in text`(name: String) async throws {
    let run = try await ProgramRun.percuss("validate", name, folder: Documents.badFolder)
    #expect(run.status == 65, "\(run)")
    #expect(run.output.isEmpty)
    let expected = try String(contentsOf: Documents.badFolder.appending(path: "\(name).expected"), encoding: .utf8)
    #expect(run.errors.trimmingCharacters(in: .newlines) == expected.trimmingCharacters(in: .newlines))
  }

  private func heads(of text: String) -> [String] {
    text.split(separator: "\n").map(String.init).filter { $0.contains(#/^[^ ]+:[0-9]+:[0-9]+: error: /#) }
  }

  private func place(_ head: String) -> String {
    head.split(separator: ":").prefix(3).joined(separator: ":")
  }
}
