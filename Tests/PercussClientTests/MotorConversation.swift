import PercussClient
import PercussGATT
import PercussLink
import PercussTime
import PercussWire

/// A session with a Theragun, and a script around it; see ``Conversation``.
///
/// Lines: `request speed 2400`, `command speed 0` (written with and without response, in RPM), `request status`, `command version`, `a: success`, `a: stopped` (the caller's
/// name and how it ended), `arm speed 2400 at 500`, `disarm`, `control lost lease_expired`, `running 2400 of 2400`, `at rest of 0` (what it makes of a status, with the
/// speed commanded), `state manual by command`.
struct MotorConversation {
  var session: Session
  var now = MonotonicInstant.zero
  private var names: [Session.RequestID: String] = [:]
  private var ids: [String: Session.RequestID] = [:]
  private var writes: [Session.WriteID] = []
  private var armed: [Session.WriteID] = []
  private(set) var written: [[UInt8]] = []
  private(set) var samples: [(motor: MotorStatus, telemetry: Telemetry, missed: Int)] = []

  init(ratio: SpeedRatio? = nil, _ kind: TheragunKind = .pro) {
    session = Session(dialect: TheragunDialect(kind, ratio: ratio))
  }

  /// A conversation in which the first status has said that the motor rests, and control was taken.
  static func begun(ratio: SpeedRatio? = nil, lease: UInt16 = 2_000) -> MotorConversation {
    var talk = MotorConversation(ratio: ratio)
    _ = talk.submit("status", .readStatus)
    _ = talk.writeEnds()
    _ = talk.status(0, 0)
    _ = talk.submit("control", .request(.requestControl(leaseMilliseconds: lease, lossPolicy: .stop)))
    return talk
  }

  mutating func submit(_ name: String, _ operation: DeviceOperation, at due: Duration? = nil) -> [String] {
    let id = session.newRequest()
    (names[id], ids[name]) = (name, id)
    let timing = due.map { Session.Timing(due: .zero + $0) }
    return lines(session.submit(operation, as: id, timing: timing, at: now))
  }

  mutating func submit(_ name: String, rpm: UInt16, over ramp: Duration = .zero, at due: Duration? = nil) -> [String] {
    submit(name, .setMotorSpeed(.rpm(rpm), ramp: ramp), at: due)
  }

  mutating func stop(_ name: String = "stop") -> [String] { submit(name, .request(.stop)) }

  mutating func cancel(_ name: String) -> [String] {
    ids[name].map { lines(session.cancel($0, at: now)) } ?? ["no such caller"]
  }

  mutating func fires() -> [String] {
    guard !armed.isEmpty else { return ["nothing is armed"] }
    let id = armed.removeFirst()
    writes.append(id)
    session.writeBegan(id, at: now)
    return []
  }

  /// The oldest write that is under way is acknowledged, or fails.
  mutating func writeEnds(_ failure: LinkError? = nil) -> [String] {
    writes.isEmpty
      ? ["nothing is being written"] : lines(session.writeEnded(writes.removeFirst(), failure: failure, at: now))
  }

  /// All that the lines say is being written ends at once: the stops as told, the rest well.
  mutating func endWrites(of lines: [String], stopsWith failure: LinkError? = nil) -> [String] {
    var (all, open) = (lines, lines)
    while !open.isEmpty {
      let line = open.removeFirst()
      guard line.hasPrefix("request") else { continue }
      let new = writeEnds(line == "request speed 0" ? failure : nil)
      all += new
      open += new
    }
    return all
  }

  mutating func status(_ flag: UInt8, _ rpm: UInt16) -> [String] {
    let body = TheragunNotification.Body.status(
      unknownByte: 0, motion: TheragunMotion(rawValue: flag), unknownBytes: 0, speedRPM: rpm)
    return receive((try? TheragunNotification(body: body).bytes()) ?? [])
  }

  mutating func receive(_ bytes: [UInt8]) -> [String] {
    lines(session.received(bytes, from: .theragunNotify, at: now))
  }

  /// The status is asked for, and answered.
  mutating func asks(_ flag: UInt8, _ rpm: UInt16) -> [String] {
    var all = wait(.milliseconds(200))
    if all == ["request status"] { all = [] }
    return all + writeEnds() + status(flag, rpm)
  }

  mutating func wait(_ duration: Duration) -> [String] {
    let end = now + duration
    var all: [String] = []
    while let deadline = session.nextDeadline, deadline <= end {
      now = max(now, deadline)
      let new = lines(session.timePassed(at: now))
      if new.isEmpty, session.nextDeadline == deadline { return all + ["a deadline that nothing comes of"] }
      all += new
    }
    now = end
    return all
  }

  mutating func disconnect() -> [String] { lines(session.disconnected(.supervisionTimeout)) }

  private mutating func lines(_ actions: [Session.Action]) -> [String] {
    actions.map { action in
      switch action {
      case .write(let id, let value, let type):
        written.append(value.bytes)
        // The end of a stop that runs ahead of a request means nothing, that of a version request does.
        if type == .request || value.bytes.count == 4 { writes.append(id) }
        return "\(type == .request ? "request" : "command") \(Self.words(value))"
      case .arm(let id, _, let value, let timing):
        written.append(value.bytes)
        armed.append(id)
        return "arm \(Self.words(value)) at \(timing.due.nanoseconds / 1_000_000)"
      case .disarm(let id):
        armed.removeAll { $0 == id }
        return "disarm"
      case .complete(let id, let result):
        let name = names[id] ?? "nobody"
        return switch result {
        case .success(.version(let version)): "\(name): version \(version)"
        case .success: "\(name): success"
        case .failure(let error): "\(name): \(Conversation.word(error.reason))"
        }
      case .controlLost(let cause): return "control lost\(cause.map { " \($0)" } ?? "")"
      case .event(let event, _):
        guard case .stateChanged(let state, _, let cause, _) = event.body else { return "event" }
        return "state \(state) by \(cause)"
      case .motor(let status, let target, let telemetry, let missed):
        samples.append((status, telemetry, missed))
        let what = status.isRunning ? "running \(status.speed.rpm)" : "at rest"
        return "\(what) of \(target.map { "\($0.rpm)" } ?? "?")" + (missed > 0 ? " after \(missed) missed" : "")
      case .telemetry, .routineStatus, .clock: return "what no Theragun says"
      }
    }
  }

  private static func words(_ value: OutgoingValue) -> String {
    guard value.characteristic == .theragunWrite, let request = try? TheragunRequest(value.bytes) else {
      return "nonsense"
    }
    return switch request.body {
    case .setSpeed(let rpm): "speed \(rpm)"
    case .status: "status"
    case .version: "version"
    }
  }
}
