import PercussCapture
import Testing

/// What golden captures say again to the virtual device: no difference.
struct GoldenReplayTests {
  static let suitable = [
    "percuss-scan-and-info.btsnoop", "percuss-set.btsnoop", "percuss-uploaded.btsnoop", "percuss-streamed.btsnoop",
    "percuss-streamed-eatt.btsnoop", "percuss-live.btsnoop", "percuss-central-killed.btsnoop",
  ]

  @Test(arguments: suitable)
  func `a virtual device answers as the captured one did`(name: String) throws {
    let captured = try CapturedRun.conversation(name)
    let comparison = try CapturedRun.compare(captured)
    #expect(comparison.differences == [])
    #expect(comparison.comparedCount > 10)
  }

  @Test(arguments: suitable)
  func `a virtual device answers promptly as the captured one did`(name: String) throws {
    let captured = try CapturedRun.conversation(name)
    #expect(try CapturedRun.compare(captured, pace: .prompt).differences == [])
  }
}
