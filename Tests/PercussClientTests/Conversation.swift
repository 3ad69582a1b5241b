import PercussClient
import PercussGATT
import PercussLink
import PercussTime
import PercussWire

/// A session with a script around it: what the test does on the left, what the session does as lines of text on the right.
///
/// Lines: `request 3 set_speed`, `command 4 stop` (written, with the sequence number), `a: success`, `b: superseded` (the caller's name and how it ended),
/// `control lost`, `event 7`, `telemetry 3`, `arm 3 set_speed at 500` (milliseconds), `disarm 3`.
struct Conversation {
  var session: Session
  var now = MonotonicInstant.zero
  private var names: [Session.RequestID: String] = [:]
  private var ids: [String: Session.RequestID] = [:]
  /// The write requests that have not ended, in order.
  private(set) var writes: [(id: Session.WriteID, request: ControlRequest)] = []
  /// What is armed, in order.
  private(set) var armed: [(id: Session.WriteID, request: ControlRequest)] = []
  /// Everything written, requests and commands, with its bytes.
  private(set) var written: [[UInt8]] = []

  init(limits: Session.Limits = Session.Limits(), isFresh: Bool = true) {
    session = Session(limits: limits, isFresh: isFresh)
  }

  mutating func submit(
    _ name: String, _ operation: ControlRequest.Body, at due: Duration? = nil, notAfter latest: Duration? = nil
  )
    -> [String]
  {
    let id = session.newRequest()
    names[id] = name
    ids[name] = id
    let timing = due.map { Session.Timing(due: .zero + $0, latest: latest.map { .zero + $0 } ?? .distantFuture) }
    return lines(session.submit(operation, as: id, timing: timing, at: now))
  }

  /// What is armed is written, now, by whoever had it.
  mutating func fires() -> [String] {
    guard !armed.isEmpty else { return ["nothing is armed"] }
    let (id, request) = armed.removeFirst()
    writes.append((id, request))
    session.writeBegan(id, at: now)
    return []
  }

  /// Whoever had what is armed came too late.
  mutating func isTooLate() -> [String] {
    armed.isEmpty ? ["nothing is armed"] : lines(session.cameTooLate(armed.removeFirst().id, at: now))
  }

  mutating func cancel(_ name: String) -> [String] {
    guard let id = ids[name] else { return ["no such caller"] }
    return lines(session.cancel(id, at: now))
  }

  /// The oldest write request under way is acknowledged, or fails.
  mutating func writeEnds(_ failure: LinkError? = nil) -> [String] {
    guard !writes.isEmpty else { return ["nothing is being written"] }
    return lines(session.writeEnded(writes.removeFirst().id, failure: failure, at: now))
  }

  mutating func respond(
    _ sequence: UInt8, _ opCode: OpCode, _ result: ControlResult = .success, state: DeviceState = .idle,
    body: ControlResponse.Body = .empty
  ) -> [String] {
    let response = ControlResponse(opCode: opCode, sequence: sequence, result: result, state: state, body: body)
    guard let bytes = try? response.bytes() else { return ["the response cannot be encoded"] }
    return receive(bytes)
  }

  mutating func receive(_ bytes: [UInt8], from characteristic: BluetoothUUID = .percussControlPoint) -> [String] {
    lines(session.received(bytes, from: characteristic, at: now))
  }

  mutating func event(_ counter: UInt8, _ body: DeviceEvent.Body = .button(action: .shortPress, timeMicroseconds: 1))
    -> [String]
  {
    guard let bytes = try? DeviceEvent(counter: counter, body: body).bytes() else { return ["cannot be encoded"] }
    return receive(bytes, from: .percussEvent)
  }

  mutating func telemetry(_ counter: UInt8) -> [String] {
    let telemetry = Telemetry(
      counter: counter, state: .idle, timeMilliseconds: 0, speedPPM: 0, targetPPM: 0, forceDecinewtons: 0,
      temperatureDecidegrees: 250, batteryPercent: 90, step: 65535, remainingSeconds: 0, faults: [])
    guard let bytes = try? telemetry.bytes() else { return ["cannot be encoded"] }
    return receive(bytes, from: .percussTelemetry)
  }

  /// Lets time pass, deadline by deadline.
  mutating func wait(_ duration: Duration) -> [String] {
    let end = now + duration
    var all: [String] = []
    while let deadline = session.nextDeadline, deadline <= end {
      now = max(now, deadline)
      all += lines(session.timePassed(at: now))
    }
    now = end
    return all
  }

  mutating func disconnect(_ reason: DisconnectReason = .supervisionTimeout) -> [String] {
    lines(session.disconnected(reason))
  }

  /// Takes control with the lease, as far as the session's sequence number 0.
  mutating func takeControl(lease: UInt16 = 3000) {
    _ = submit("control", .requestControl(leaseMilliseconds: lease, lossPolicy: .stop))
    _ = writeEnds()
    _ = respond(0, .requestControl, body: .controlGranted(leaseMilliseconds: lease))
  }

  private mutating func lines(_ actions: [Session.Action]) -> [String] {
    actions.map { action in
      switch action {
      case .write(let id, let value, let type):
        written.append(value.bytes)
        guard let request = try? ControlRequest(value.bytes), value.characteristic == .percussControlPoint else {
          return "nonsense written"
        }
        if type == .request { writes.append((id, request)) }
        return "\(type == .request ? "request" : "command") \(request.sequence) \(request.opCode)"
      case .arm(let id, _, let value, let timing):
        written.append(value.bytes)
        guard let request = try? ControlRequest(value.bytes) else { return "nonsense armed" }
        armed.append((id, request))
        return "arm \(request.sequence) \(request.opCode) at \(timing.due.nanoseconds / 1_000_000)"
      case .disarm(let id):
        guard let index = armed.firstIndex(where: { $0.id == id }) else { return "disarm what is not armed" }
        return "disarm \(armed.remove(at: index).request.sequence)"
      case .complete(let id, let result):
        let name = names[id] ?? "nobody"
        switch result {
        case .success: return "\(name): success"
        case .failure(let error): return "\(name): \(Self.word(error.reason))"
        }
      case .controlLost(let cause): return "control lost\(cause.map { " \($0)" } ?? "")"
      case .event(let event, let missed): return "event \(event.counter)\(missed > 0 ? " after \(missed) missed" : "")"
      case .telemetry(let value, let missed):
        return "telemetry \(value.counter)\(missed > 0 ? " after \(missed) missed" : "")"
      case .motor: return "motor"
      case .routineStatus: return "routine status"
      case .clock: return "clock"
      }
    }
  }

  static func word(_ reason: DeviceError.Reason) -> String {
    switch reason {
    case .disconnected: "disconnected"
    case .refused(let refusal): "refused \(refusal.result)"
    case .noResponse(let attempts): "no response after \(attempts)"
    case .superseded: "superseded"
    case .stopped: "stopped"
    case .tooLate: "too late"
    case .busy: "busy"
    case .cancelled: "cancelled"
    case .invalidArgument: "invalid argument"
    case .link: "link"
    case .malformedValue: "malformed"
    case .incompatible: "incompatible"
    case .uploadStalled: "stalled"
    case .unsupported: "unsupported"
    case .notRecognised: "not recognised"
    }
  }
}

extension ControlRequest.Body {
  /// A speed, half a second away.
  static func speed(_ ppm: UInt16) -> Self { .setSpeed(speedPPM: ppm, rampMilliseconds: 500) }
}
