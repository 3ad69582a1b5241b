import PercussCapture
import PercussClient
import PercussCore
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// However a replay ends, the motor is stopped and seen at rest.
struct ReplayEndTests {
  private struct Ended {
    var isMoving: Bool
    var outcome: CaptureReplay.Outcome
    var isSeenAtRest: Bool
    var speed: Int32
  }

  private static func isAtRest(_ characteristic: BluetoothUUID, _ value: [UInt8]) -> Bool {
    guard characteristic == .percussTelemetry, let telemetry = try? Telemetry(value) else { return false }
    return telemetry.speedPPM == 0 && telemetry.targetPPM == 0 && telemetry.state == .idle
  }

  /// Says the first items of the set capture, whose motor turns from about one second on.
  private func play(
    items: Int = .max, misbehaving misbehaviour: Misbehaviour = Misbehaviour(),
    disturbing disturb:
      @escaping @Sendable (
        CaptureReplay, InMemoryLink, SimulatedDevice, Task<CaptureReplay.Outcome, any Error>
      ) async -> Void = { _, _, _, _ in }
  ) throws -> Ended {
    var captured = try CapturedRun.conversation("percuss-set.btsnoop")
    captured.items = Array(captured.items.prefix(items))
    let timeline = VirtualTimeline()
    return try timeline.run { [captured] in
      let device = SimulatedDevice(model: .elite, on: timeline)
      var parameters = RadioParameters()
      parameters.supervisionTimeout = .seconds(2)
      let link = try InMemoryLink.connect(
        to: MisbehavingPeripheral(device, misbehaviour), on: timeline, parameters: parameters,
        central: CentralID(rawValue: 1), seed: 0)
      let replay = CaptureReplay(of: captured, over: link, pace: .captured)
      let playing = timeline.start { await replay.run() }
      await disturb(replay, link, device, playing)
      let outcome = try await playing.value
      let isMoving = await device.truth.speedMilliPPM > 0
      let stop = try #require(PercussDialect().value(of: .request(.stop)))
      let isSeen = await replay.bringToRest(
        by: stop.bytes, to: stop.characteristic, reports: [.percussTelemetry], isAtRest: Self.isAtRest,
        within: .seconds(3))
      try await timeline.sleep(for: .seconds(3))
      return Ended(
        isMoving: isMoving, outcome: outcome, isSeenAtRest: isSeen, speed: await device.truth.speedMilliPPM)
    }
  }

  @Test func `a capture that ends while the motor moves`() throws {
    let ended = try play(items: 30)
    #expect(ended.isMoving && !ended.outcome.isPartial)
    #expect(ended.isSeenAtRest && ended.speed == 0)
  }

  @Test func `one that is cancelled while the motor moves`() throws {
    let ended = try play { _, link, _, playing in
      try? await link.timeline.sleep(for: .milliseconds(1_500))
      playing.cancel()
    }
    #expect(ended.isMoving && ended.outcome.isPartial)
    #expect(ended.isSeenAtRest && ended.speed == 0)
    #expect(ended.outcome.compared.items.count < 49 && !ended.outcome.compared.items.isEmpty)
  }

  @Test func `one that is stopped by two at a time`() throws {
    let stop = try #require(PercussDialect().value(of: .request(.stop)))
    let ended = try play { replay, link, _, playing in
      try? await link.timeline.sleep(for: .milliseconds(1_500))
      playing.cancel()
      link.timeline.start {
        await replay.bringToRest(
          by: stop.bytes, to: stop.characteristic, reports: [.percussTelemetry], isAtRest: Self.isAtRest,
          within: .seconds(3))
      }
    }
    #expect(ended.isSeenAtRest && ended.speed == 0)
  }

  @Test func `a link that is lost while the motor moves`() throws {
    let ended = try play { _, link, _, _ in
      try? await link.timeline.sleep(for: .milliseconds(1_500))
      await link.vanish(.central)
    }
    #expect(ended.outcome.isPartial && ended.outcome.disconnection != nil)
    // The device sees to itself, and nobody claims to have seen it.
    #expect(!ended.isSeenAtRest && ended.speed == 0)
  }

  @Test func `what becomes of the motor without the link is what the central agreed on last`() throws {
    var captured = try CapturedRun.conversation("percuss-uploaded.btsnoop")
    let released = captured.lossPolicy
    #expect(released == nil)
    let place = try #require(captured.items.firstIndex { $0.action == .write && $0.bytes.first == 0x01 })
    let next = place + 1
    #expect(Conversation(items: Array(captured.items[..<place]), end: 0).lossPolicy == nil)
    #expect(Conversation(items: Array(captured.items[..<next]), end: 0).lossPolicy == .stop)
    captured.items[place].bytes[captured.items[place].bytes.count - 1] = 1
    #expect(Conversation(items: Array(captured.items[..<next]), end: 0).lossPolicy == .finishRoutine)
    // What the device has not even taken is not agreed.
    captured.items[place].answer?.refusal = .error(.unlikelyError)
    #expect(Conversation(items: Array(captured.items[..<next]), end: 0).lossPolicy == nil)
  }

  @Test func `a stop does not wait for a request that is never answered`() throws {
    let ended = try play(
      misbehaving: Misbehaviour(swallows: { characteristic, _, value in
        characteristic == .percussControlPoint && value.first == 0x03
      })
    ) { replay, link, device, _ in
      // The first keep-alive, about 0.7 s after the speed was set, gets no answer.
      try? await link.timeline.sleep(for: .milliseconds(2_500))
      let stop = PercussDialect().value(of: .request(.stop))
      _ = await replay.bringToRest(
        by: stop?.bytes ?? [], to: .percussControlPoint, reports: [.percussTelemetry], isAtRest: Self.isAtRest,
        within: .milliseconds(500))
      // Long before the lease ends.
      #expect(await device.truth.speedMilliPPM == 0)
    }
    #expect(ended.outcome.isPartial && ended.speed == 0)
  }

  @Test func `a capture of nothing is said in no time`() throws {
    let ended = try play(items: 0)
    #expect(!ended.outcome.isPartial && ended.outcome.conversation.items.isEmpty)
    #expect(ended.isSeenAtRest && ended.speed == 0)
  }
}
