import Glibc
import PercussCore
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// A host that has no time for its virtual devices for a while: another program, a paused machine.
@Suite(.timeLimit(.minutes(1))) struct HeldUpHostTests {
  @Test func `a device sends each telemetry value of its own instant, however late the host comes to it`() async throws
  {
    let timeline = RealTimeline(name: "held-up")
    defer { timeline.shutDown() }
    let frames = try await timeline.run {
      let device = SimulatedDevice(model: .elite, on: timeline)
      let link = try InMemoryLink.connect(to: device, on: timeline)
      try await link.subscribe(to: [.percussControlPoint, .percussTelemetry])
      let request = ControlRequest(sequence: 1, flags: [], body: .setTelemetry(intervalMilliseconds: 50))
      try await link.write(try request.bytes(), to: .percussControlPoint, type: .request)
      timeline.schedule(after: .milliseconds(75)) { usleep(230_000) }
      return try await withTimeout(.seconds(30), on: timeline, waitingFor: "telemetry") {
        var frames: [Telemetry] = []
        for await batch in link.events {
          for case .value(.percussTelemetry, let bytes, _) in batch { frames.append(try Telemetry(bytes)) }
          if frames.count >= 10 { break }
        }
        return frames
      }
    }
    for (one, next) in zip(frames, frames.dropFirst()) {
      let steps = UInt32(next.counter &- one.counter)
      #expect(next.timeMilliseconds &- one.timeMilliseconds == steps * 50)
    }
    // While it was held up four values became due: the radio takes six at once.
    #expect(frames.count >= 10)
  }
}
