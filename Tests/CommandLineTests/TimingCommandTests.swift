import Foundation
import Testing

/// `percuss timing`, on a device in this process and on one on the air.
@Suite struct TimingCommandTests {
  @Test func `measures host, link and clock, and says what holds in each mode`() async throws {
    let run = try await ProgramRun.percuss(["timing", "--duration", "1s", "--json"])
    #expect(run.status == 0, "\(run)")
    let lines = try run.objects()
    let measured = lines.filter { $0["type"] as? String == "timing" }
    #expect(measured.compactMap { $0["what"] as? String } == ["wake_up", "hand_off", "round_trip"])
    #expect(measured.prefix(2).allSatisfy { $0["count"] as? Int == 100 && $0["early"] as? Int == 0 }, "\(run)")
    // 30 ms of connection interval: no answer comes sooner.
    #expect(measured.last?["p50_us"] as? Int ?? 0 >= 30_000, "\(run)")
    #expect(measured[1]["by_thread"] as? Bool == false)
    #expect(lines.contains { $0["type"] as? String == "timing_clock" }, "\(run)")
    let findings = lines.filter { $0["type"] as? String == "timing_finding" }
    #expect(findings.count == 18)
    #expect(
      findings.contains {
        $0["mode"] as? String == "live" && $0["guarantee"] as? String == "link_proof"
          && $0["standing"] as? String == "not_promised"
      })
  }

  @Test func `on the air the thread hands over, straight into the descriptor`() async throws {
    let run = try await ProgramRun.percuss(
      ["shell", "--", ProgramRun.program().path, "timing", "--duration", "1s", "--json"])
    #expect(run.status == 0, "\(run)")
    let handOff = try #require(try run.objects().first { $0["what"] as? String == "hand_off" })
    #expect(handOff["by_thread"] as? Bool == true && handOff["early"] as? Int == 0, "\(run)")
    let text = try await ProgramRun.percuss(["shell", "--", ProgramRun.program().path, "timing", "--duration", "1s"])
    #expect(text.status == 0 && text.output.contains("handed to the link late by"), "\(text)")
  }

  @Test(arguments: [
    ["--virtual-time"], ["--duration", "999ms"], ["--period", "2s"], ["--look-ahead", "1ms"], ["--scheduling", "now"],
  ])
  func `what makes no sense is refused`(arguments: [String]) async throws {
    let run = try await ProgramRun.percuss(["timing"] + arguments)
    #expect(run.status == 2, "\(run)")
    #expect(run.errors.contains(arguments[0]), "\(run)")
  }
}
