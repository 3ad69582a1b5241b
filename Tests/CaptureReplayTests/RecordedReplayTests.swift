import Foundation
import PercussCapture
import PercussRoutine
import Testing

/// Examples, played and recorded as `percuss run --capture` does it, and said again to the same virtual device: no difference.
@Suite struct RecordedReplayTests {
  private static let examples = CapturedRun.folder.deletingLastPathComponent().appending(path: "protocol-spec/examples")

  @Test(
    arguments: ["hamstrings-after-travel.json", "plantar-relief.yaml", "post-run-calves.yaml"],
    [PlayMode.uploaded, .streamed, .live])
  func `a recorded run is answered again as it was, at its times and promptly`(name: String, mode: PlayMode) throws {
    let text = [UInt8](try Data(contentsOf: Self.examples.appending(path: name)))
    // The interval of the replay: a confirmation waits for a connection event.
    let plan = try RecordedRun.plan(text, name, mode)
    let captured = try RecordedRun.play(plan, interval: .milliseconds(30)).conversation
    #expect(captured.items.count > 1_000)
    for pace in [ReplayScript.Pace.captured, .prompt] {
      let differences = try CapturedRun.compare(captured, pace: pace).differences
      #expect(differences.isEmpty, "\(pace): \(differences.count), at first \(differences.prefix(3))")
    }
  }
}
