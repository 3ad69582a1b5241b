public import PercussLink
public import PercussWire

/// Why an operation of a ``Device`` did not succeed: what was tried, what happened, and what to do about it.
public struct DeviceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What kind of failure it is.
  public enum Reason: Equatable, Sendable {
    /// The connection ended. Whether the device carried the operation out is unknown when it had been sent.
    case disconnected(DisconnectReason)
    /// The device answered, and refused.
    case refused(Refusal)
    /// The device did not answer, though asked several times. Whether it carried the operation out is unknown.
    case noResponse(attempts: Int)
    /// A newer speed replaced this one before it was sent.
    case superseded
    /// A stop went ahead of it: one of this program, or one that the device reported (another central's, the button's, the timer's, a fault). If it had
    /// been sent, the device may have begun it, and then stopped.
    case stopped
    /// It could not be sent in time, and was not.
    case tooLate
    /// Too many operations wait already; this one was not sent.
    case busy(limit: Int)
    /// The calling task was cancelled. If it had been sent, the device may carry it out.
    case cancelled
    /// The arguments make no sense, or the device cannot do them; nothing was sent.
    case invalidArgument(String)
    /// The link failed.
    case link(LinkError)
    /// The peripheral sent a value that cannot be read.
    case malformedValue(String)
    /// The device speaks another version of the protocol, or a drifted one.
    case incompatible(deviceVersion: String, deviceSchema: UInt32)
    /// Devices of this family have no such thing; nothing was sent.
    case unsupported(family: String, what: String)
    /// It does not answer as devices of the family do, or is one whose protocol is not public; nothing was sent that moves a motor.
    case notRecognised(family: String, problem: String)
    /// An upload made no progress, though it was tried again and again.
    case uploadStalled(at: UInt32, of: UInt32)
  }

  /// How the device refused a request.
  public struct Refusal: Equatable, Sendable {
    /// The operation.
    public var operation: ControlRequest.Body
    /// The device's answer.
    public var response: ControlResponse
    /// Whether the host refused in the place of a device that keeps no lease; nothing was sent.
    public var isByHost: Bool

    /// A refusal of the operation by that answer.
    public init(operation: ControlRequest.Body, response: ControlResponse, isByHost: Bool = false) {
      self.operation = operation
      self.response = response
      self.isByHost = isByHost
    }

    /// The result of the answer.
    public var result: ControlResult { response.result }
    /// The device's state after it.
    public var state: DeviceState { response.state }
  }

  /// What happened.
  public var reason: Reason
  /// What was being done, as in `set_speed`.
  public var operation: String

  /// A failure.
  public init(_ reason: Reason, during operation: String) {
    self.reason = reason
    self.operation = operation
  }

  init(link error: LinkError, during operation: String) {
    self.init(Reason(link: error), during: operation)
  }

  /// Where, what, and what to do, as one line.
  public var description: String { "\(operation): \(reason.explanation). \(reason.remedy)" }
}

extension DeviceError.Reason {
  init(link error: LinkError) {
    if case .disconnected(let reason) = error { self = .disconnected(reason) } else { self = .link(error) }
  }

  /// What happened, without a full stop.
  public var explanation: String {
    switch self {
    case .disconnected(let reason): "the connection ended (\(reason))"
    case .refused(let refusal): refusal.explanation
    case .noResponse(let attempts): "the device did not answer, asked \(attempts) times"
    case .superseded: "a newer speed replaced it before it was sent"
    case .stopped: "a stop went ahead of it"
    case .tooLate: "it could not be sent in time, and was not"
    case .busy(let limit): "\(limit) operations wait for the device already; this one was not sent"
    case .cancelled: "it was cancelled"
    case .invalidArgument(let problem): problem
    case .link(let error): "the link failed: \(error)"
    case .malformedValue(let problem): "the peripheral sent a value that cannot be read: \(problem)"
    case .incompatible(let version, let schema):
      "the device speaks version \(version) of the protocol with schema \(hexadecimal(schema)); this program speaks "
        + "\(WireIdentifiers.versionMajor).\(WireIdentifiers.versionMinor) with schema "
        + hexadecimal(WireIdentifiers.schemaCRC)
    case .unsupported(let family, let what): "unsupported by this device: \(family) has no \(what)"
    case .notRecognised(let family, let problem): "this is no \(family) device that can be used: \(problem)"
    case .uploadStalled(let offset, let length): "the upload stands still at byte \(offset) of \(length)"
    }
  }

  /// What to do about it: one or two sentences.
  public var remedy: String {
    switch self {
    case .disconnected:
      "Connect again; the device ramps to rest by itself unless it was told to finish its routine, or keeps no lease (then switch it off by hand), and nothing resumes by itself."
    case .refused(let refusal): refusal.remedy
    case .noResponse:
      "Move closer to the device, or press its button to stop it; it stops by itself when the lease ends, if it keeps one."
    case .superseded: "Nothing to do: the newer speed counts."
    case .stopped: "Send it again if it is still wanted."
    case .tooLate: "This computer was busy; see what else it does, or allow more time."
    case .busy: "Wait for operations to end before starting more."
    case .cancelled: "Stop the device if it must not carry it out."
    case .invalidArgument: "Correct the argument."
    case .link(.unavailable): "Then connect again."
    case .link: "Check that the device is on and in range, then connect again."
    case .malformedValue: "Check that this is a Percuss device, and update its firmware."
    case .incompatible: "Update the firmware or this program, so that both come from the same specification."
    case .unsupported: "Nothing was sent; use what it can do, which percuss info shows."
    case .notRecognised: "Nothing was sent that moves a motor; choose another device."
    case .uploadStalled: "Upload again: it goes on where it stands."
    }
  }
}

extension DeviceError.Refusal {
  fileprivate var explanation: String {
    switch (response.result, response.body) {
    case (.outOfRange, .parameterLimits(_, let minimum, let maximum)) where operation.speedBetween(minimum, maximum):
      "the device has no such speed; the nearest are \(minimum) and \(maximum) PPM"
    case (.outOfRange, .parameterLimits(let field, let minimum, let maximum)):
      "\(operation.parameterName(field)) is out of range; the device accepts \(minimum) to \(maximum)"
    case (.invalidRoutine, .invalidStep(let step)): "step \(step) of the routine asks for what the device cannot do"
    case (.incomplete, .uploadIncomplete(let offset)): "bytes are missing from byte \(offset)"
    case (.outOfOrder, .indexExpected(let index)): "the queue expects index \(index)"
    case (.controlRequired, _) where isByHost: "this program does not hold control of the device, so it was not sent"
    default: "the device refused it in state \(response.state) (\(response.result))"
    }
  }

  fileprivate var remedy: String {
    switch response.result {
    case .outOfRange: "Choose a value in that range; a speed must be a multiple of the device's speed step."
    case .controlRequired: "Take control first; the lease may have run out."
    case .controlHeld: "Another central holds the lease: wait until it gives it back or falls silent."
    case .wrongState: "Bring the device into a state that allows it, by a stop for instance."
    case .faultActive: "Remove the cause of the fault, then reset the device."
    case .notFound: "Upload the routine first."
    case .tooLarge, .invalidRoutine, .unsupported: "Compile the routine against this device's features."
    case .crcMismatch, .incomplete, .outOfOrder: "Upload again."
    case .inUse: "Stop the routine, or choose another slot."
    case .queueFull: "Wait for a credit before adding steps."
    case .tooLate: "Choose a later instant of the device's clock."
    default: "Update this program or the device's firmware if it persists."
    }
  }
}

private func hexadecimal(_ number: UInt32) -> String {
  let digits = String(number, radix: 16)
  return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
}
