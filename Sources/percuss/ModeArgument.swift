import ArgumentParser
import PercussRoutine
import PercussWire

/// Who keeps the time of a run.
enum ModeArgument: String, ExpressibleByArgument, CaseIterable {
  case auto, uploaded, live

  static var names: String { "auto (uploaded where the device stores routines, else live), uploaded, live" }

  func resolved(for feature: DeviceFeature) -> PlayMode {
    switch self {
    case .auto: feature.features.contains(.routines) ? .uploaded : .live
    case .uploaded: .uploaded
    case .live: .live
    }
  }
}

/// Runs a command's work and gives whatever it throws an exit status.
func reportingFailures(asJSON: Bool, _ work: () throws -> Void) throws {
  do {
    try work()
  } catch {
    var failure = CommandFailure(error)
    failure.asJSON = asJSON
    throw failure
  }
}
