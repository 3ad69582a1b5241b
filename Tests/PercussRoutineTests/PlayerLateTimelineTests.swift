import PercussClient
import PercussTime
import PercussWire
import Testing

@testable import PercussRoutine

/// A live run whose timeline stands still while the thread that sends its steps does not: decided step by step, without a device.
@Suite struct `A live run on a late timeline` {
  private var session: PlayerSession
  private var now = MonotonicInstant.zero + .seconds(10)

  init() throws {
    let plan = try Plan(
      compiling: routine("    - hold: 1s\n      speed: 1900 ppm\n    - hold: 1s\n      speed: 2000 ppm"),
      for: Fixtures.limits,
      mode: .live)
    session = PlayerSession(plan, feature: Self.feature, options: PlayerOptions(), connectionInterval: 15_000)
  }

  private static let feature = DeviceFeature(
    versionMajor: 1, versionMinor: 0, schemaCRC: 0, features: [], speedMinimumPPM: 1750, speedMaximumPPM: 2400,
    speedStepPPM: 10, forceMaximumDecinewtons: 2670, routineSlots: 0, routineSteps: 0, queueDepth: 0)

  private mutating func armed(_ input: PlayerSession.Input) -> (ControlRequest.Body, Session.Timing)? {
    for case .performTimed(let operation, let timing) in session.handle(input, at: now) { return (operation, timing) }
    return nil
  }

  private func response(_ opCode: OpCode, _ body: ControlResponse.Body = .empty) -> ControlResponse {
    ControlResponse(opCode: opCode, sequence: 0, result: .success, state: .manual, body: body)
  }

  /// The first step is armed.
  private mutating func begin() throws -> (operation: ControlRequest.Body, timing: Session.Timing) {
    _ = session.handle(.begin, at: now)
    let control = ControlRequest.Body.requestControl(leaseMilliseconds: 2_000, lossPolicy: .stop)
    let granted = response(.requestControl, .controlGranted(leaseMilliseconds: 2_000))
    return try #require(armed(.performed(control, .success(granted))))
  }

  @Test mutating func `what the thread sent in time is in time, however late that is heard`() throws {
    let first = try begin()
    #expect(session.nextDeadline == nil, "whoever has it tells, in time or too late")
    now = first.timing.latest + .milliseconds(1_100)
    _ = session.handle(.timePassed, at: now)
    #expect(session.verdict == nil)
    _ = session.handle(.handedOver(first.operation, at: first.timing.due + .microseconds(14)), at: now)
    _ = session.handle(.performed(first.operation, .success(response(.setSpeed))), at: now)
    // The second was due meanwhile as well, and could not be armed: that is late indeed.
    #expect(session.verdict?.reason.code == .late)
    #expect(session.verdict?.reason.step == 1)
  }

  @Test mutating func `what came too late and was not sent ends the run`() throws {
    let first = try begin()
    now = first.timing.latest + .milliseconds(1)
    _ = session.handle(.performed(first.operation, .failure(DeviceError(.tooLate, during: "set_speed"))), at: now)
    #expect(session.verdict?.reason.code == .late)
    #expect(session.verdict?.reason.message.contains("this host was busy") == true)
  }

  @Test mutating func `an end that came late is told as that`() throws {
    var next = try begin()
    for step in 0..<2 {
      now = next.timing.due
      _ = session.handle(.handedOver(next.operation, at: now), at: now)
      _ = session.handle(.performed(next.operation, .success(response(.setSpeed))), at: now)
      guard step == 0 else { break }
      while true {
        now = try #require(session.nextDeadline)
        if let armed = armed(.timePassed) {
          next = armed
          break
        }
        _ = session.handle(.performed(.keepAlive, .success(response(.keepAlive))), at: now)
      }
    }
    now += .milliseconds(1_100)
    _ = session.handle(.timePassed, at: now)
    #expect(session.verdict?.reason.message.contains("The run ended 100 ms after its instant") == true)
  }
}
