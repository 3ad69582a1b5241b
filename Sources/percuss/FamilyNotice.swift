import PercussClient
import PercussRoutine
import PercussTime
import PercussWire

/// What a user has to know of a device whose family is not Percuss.
enum FamilyNotice {
  /// That the dialect is unofficial.
  static func unofficial(_ device: Device) -> String {
    "\(device.dialectName) is an unofficial dialect, made for interoperability from what is public, and not tried on hardware."
  }

  /// Before anything moves.
  static func beforeMotion(_ device: Device) -> String { "\(unofficial(device)) \(RunTerms.withoutLease)" }

  /// What is different from a Percuss device when the plan is played; empty on one.
  static func changes(on device: Device, playing plan: Plan) -> [String] {
    guard let duties = device.dialect.duties else { return [] }
    var changes = [
      unofficial(device),
      "Played live: this host keeps the time. Ramps are played by it as speeds \(duties.rampInterval.wholeMilliseconds) ms apart, or as far apart as the link needs.",
    ]
    if let ratio = device.dialect.ratio {
      changes.append("Speeds in ppm become those of its motor by \(ratio), which is what you stated.")
    }
    if plan.leavesOutForce {
      changes.append("The document's force limits are left out, as you said: mind the force yourself.")
    }
    changes.append("Fail-safe cannot be promised. \(RunTerms.withoutLease)")
    return changes
  }
}

/// A notice as `--json` prints it; see `protocol-spec/output.md`.
private struct NoticeLine: Encodable {
  let type = "notice"
  let message: String
}

/// Tells a notice: as a line of JSON, or on the standard error.
func tellNotice(_ message: String, asJSON: Bool) {
  asJSON ? say(JSONLine.text(NoticeLine(message: message))) : sayError("percuss: \(message)")
}

/// - Throws: a failure with status 2 for a device whose speeds are those of its motor, where the user has not stated how they belong to percussions.
func requireRatio(for device: Device) throws {
  guard !device.hasLease, device.dialect.ratio == nil else { return }
  throw CommandFailure(
    .usage,
    """
    percuss: the speeds of this device are those of its motor, in RPM. How many revolutions one percussion takes is not public, so this program does not guess: state it \
    with --rpm-per-ppm RATIO, from 0.5 to 4.
      To measure it: let the motor run at a known speed (percuss set --speed 1800rpm --for 30s), count the percussions of ten seconds in a sound recording or in slow motion, \
    and divide the RPM by the percussions of a minute.
      Speeds in RPM need no ratio: percuss set --speed 2400rpm.
    """)
}

/// A document as the device would play it.
///
/// - Throws: `DocumentDiagnostics`; a failure with status 2 where forces are to be left out that the device can limit.
func compile(
  _ document: RoutineDocument, for feature: DeviceFeature, mode: ModeArgument, withoutForce: Bool
) throws -> Plan {
  let limits = DeviceLimits(feature)
  guard !withoutForce || limits.forceMaximum == nil else {
    throw CommandFailure(.usage, "percuss: --without-force is for devices that cannot limit their force; this one can")
  }
  return try Plan(
    compiling: document, for: limits, mode: mode.resolved(for: feature, document), withoutForce: withoutForce)
}
