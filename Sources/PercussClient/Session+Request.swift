internal import PercussLink
internal import PercussTime
internal import PercussWire

extension Session {
  struct Request: Sendable {
    /// Who waits for it; empty when the caller was cancelled.
    var callers: [RequestID]
    var operation: DeviceOperation
    /// Nil for as soon as it is its turn.
    var timing: Timing?
    /// Its name in this session; also on the wire where the family numbers requests.
    var sequence: UInt8 = 0
    var value: OutgoingValue?
    /// What ends it.
    var answer = Procedure.Answer.response
    /// Why its newest write failed, where that does not end it.
    var lastFailure: LinkError?
    var attempts = 0
    /// When the answer is overdue.
    var deadline = MonotonicInstant.distantFuture
    /// It is to be written as soon as no other write request is under way...
    var wantsWrite = false
    /// ...but not before this instant.
    var notBefore: MonotonicInstant?
    /// The device has had it.
    var wasAccepted = false
    var wasRewritten = false
    var restarts = 0
    /// Its caller gave it up, or somebody stopped the motor: whatever comes of it, it is not written again.
    var isAbandoned = false
    /// It has no caller: its answer tells which sequence numbers are ahead of those that the device has seen.
    var findsNumbers = false
    /// It has no caller: it goes on with a ramp.
    var isPiece = false
  }

  enum Writing: Equatable {
    case request(sequence: UInt8)
    case stop(sequence: UInt8)
    case keepAlive
    case status
  }
}

extension Session.Request {
  func isReady(at now: MonotonicInstant) -> Bool {
    wantsWrite && notBefore.map { $0 <= now } ?? true
  }
}
