public import PercussGATT
public import PercussLink
public import PercussWire

/// The publicly documented protocol of the Theragun generation 4: speed, stop, status, version, and nothing else.
///
/// Unofficial, made for interoperability, and not tried on hardware. Source: the device documentation of the Buttplug project (docs.buttplug.io,
/// `stpihkal/protocols/theragun`, issue stpihkal#127); `protocol-spec/theragun-gen4.yaml` states the wire.
///
/// ```
/// set_speed 2400 rpm   ─▶ write request AA 70 01 03 09 60 03      answered by the end of the write; 0 is the stop
/// status               ─▶ write request AA 10 10 00               answered by a notification: whether the motor runs, and how fast
/// version              ─▶ write command AA 20 20 00               answered by a notification
/// ```
///
/// - Frames carry no number: an answer belongs to the one question that is under way.
/// - There is no lease, no timer, no ramp, no force limit, no storage and no report: the host does what it can in their place (``HostDuties``), and what it cannot is
///   `.unsupported` before anything is sent.
/// - Speeds are the motor's, in RPM. How they belong to percussions is not public: only a ``SpeedRatio`` that a user states makes routines possible.
public struct TheragunDialect: Dialect {
  /// Which one it is, by its advertised name.
  public let kind: TheragunKind
  /// What the user stated; nil where speeds in PPM are refused.
  public let ratio: SpeedRatio?
  /// What the host does.
  public let duties: HostDuties?

  /// The protocol with a device of that kind; see ``DeviceFamily``, which knows it.
  public init(_ kind: TheragunKind, ratio: SpeedRatio? = nil, duties: HostDuties = HostDuties()) {
    (self.kind, self.ratio, self.duties) = (kind, ratio, duties)
  }

  /// `theragun-gen4`.
  public var name: String { Self.family }

  /// That of its kind.
  public var highestMotorSpeed: MotorSpeed? { kind.highestSpeed }

  static let family = "theragun-gen4"

  /// The answers.
  public let subscriptions: [BluetoothUUID] = [.theragunNotify]

  /// None: the device has no counters.
  public let readings: [BluetoothUUID] = []

  /// What such a device can do. It cannot be read from it: name and service have told its kind, and its first answer has to confirm that.
  public func identify(_ link: any DeviceLink) async throws(DeviceError) -> DeviceFeature { feature }

  /// Of the fields only the speeds mean anything, in PPM by the stated ratio; without one they are 0. The lowest speed is not public.
  var feature: DeviceFeature {
    let highest = ratio?.highestSpeed(upTo: kind.highestSpeed).ppm ?? 0
    return DeviceFeature(
      versionMajor: 0, versionMinor: 0, schemaCRC: 0, features: [], speedMinimumPPM: min(1, highest),
      speedMaximumPPM: highest, speedStepPPM: 1, forceMaximumDecinewtons: 0, routineSlots: 0, routineSteps: 0,
      queueDepth: 0)
  }

  /// See the type's description.
  public func procedure(
    for operation: DeviceOperation, sequence: UInt8, flags: ControlFlags
  ) throws(DeviceError) -> Procedure {
    switch operation {
    case .readStatus: .write(try value(.status, operation), answer: .status)
    case .readVersion: .write(try value(.version, operation, type: .command), answer: .version)
    case .setMotorSpeed(let speed, let ramp): try motion(to: speed, over: ramp, operation)
    case .request(.setSpeed(let ppm, let ramp)):
      try motion(to: motorSpeed(ppm, operation), over: .milliseconds(Int64(ramp)), operation)
    case .request(.stop): .write(try value(.setSpeed(speedRPM: 0), operation), answer: .acknowledgement)
    case .request(.requestControl), .request(.releaseControl), .request(.keepAlive), .request(.setTelemetry): .byHost
    case .request(let body): throw unsupported(Self.lack(body.opCode), operation)
    }
  }

  private static func lack(_ opCode: OpCode) -> String {
    switch opCode {
    case .setForceLimit: "force limit"
    case .setTimer: "timer of its own; let this program stop it (percuss set --for)"
    case .preset: "presets that could be asked for"
    case .reset: "settings or faults that could be reset"
    case .pause, .resume, .confirm, .routineSeek: "routine that it could hold or go on with"
    case .queueStep, .queueFlush, .queueStart: "step queue"
    default: "store for routines"
    }
  }

  private func motion(
    to speed: MotorSpeed, over ramp: Duration, _ operation: DeviceOperation
  ) throws(DeviceError) -> Procedure {
    guard speed <= kind.highestSpeed else {
      throw DeviceError(
        .invalidArgument("\(speed) is beyond the device, which does 0 to \(kind.highestSpeed)"), during: operation.title
      )
    }
    guard (.zero ... .seconds(60)).contains(ramp) else {
      throw DeviceError(.invalidArgument("a ramp is 0 to 60 s"), during: operation.title)
    }
    // The session knows what was commanded by the motor's speeds alone.
    guard case .setMotorSpeed = operation, ramp == .zero else { return .ramp(to: speed, over: ramp) }
    return .write(try value(.setSpeed(speedRPM: speed.rpm), operation), answer: .acknowledgement)
  }

  private func motorSpeed(_ ppm: UInt16, _ operation: DeviceOperation) throws(DeviceError) -> MotorSpeed {
    if ppm == 0 { return .rest }
    guard let ratio else {
      throw unsupported(
        "speeds in PPM, its speeds being those of its motor in RPM, unless their ratio is stated", operation)
    }
    guard let speed = ratio.motorSpeed(of: Speed(ppm: ppm)) else {
      throw DeviceError(.invalidArgument("\(ppm) ppm is beyond the device"), during: operation.title)
    }
    return speed
  }

  private func value(
    _ body: TheragunRequest.Body, _ operation: DeviceOperation, type: WriteType = .request
  ) throws(DeviceError) -> OutgoingValue {
    do {
      return OutgoingValue(
        try TheragunRequest(body: body).bytes(), to: .theragunWrite, type: type, isAnsweredAsCommand: type == .command)
    } catch {
      throw DeviceError(.invalidArgument("\(error)"), during: operation.title)
    }
  }

  /// Decodes an answer. Of the flag only that it is one is public: whatever is not 0 is a motor that runs.
  public func meaning(
    of value: [UInt8], from characteristic: BluetoothUUID
  ) throws(WireError) -> IncomingValue? {
    guard characteristic == .theragunNotify else { return nil }
    return switch try TheragunNotification(value).body {
    case .status(_, let motion, _, let rpm): .status(MotorStatus(isRunning: motion != .atRest, speed: .rpm(rpm)))
    case .version(_, _, let version):
      .version(
        FirmwareVersion(major: Int(version / 100), minor: Int(version % 100 / 10), patch: Int(version % 10)))
    }
  }
}

/// The kinds of Theragun that can be driven, by the names that they advertise.
public enum TheragunKind: String, CaseIterable, Sendable {
  /// Theragun Pro.
  case pro = "Pro"
  /// Theragun Elite.
  case elite = "Elite"
  /// Theragun Prime.
  case prime = "Prime"
  /// One of these with older firmware; which, it does not say.
  case unnamed = "liv2"

  /// The highest speed; of one that does not say which it is, what all of them do.
  public var highestSpeed: MotorSpeed {
    switch self {
    case .pro, .elite: MotorSpeed(rpm: TheragunConstants.speedMaximumRPM)
    case .prime, .unnamed: MotorSpeed(rpm: TheragunConstants.speedMaximumPrimeRPM)
    }
  }
}
