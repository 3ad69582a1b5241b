import ArgumentParser
import PercussRoutine
import PercussWire

/// Who keeps the time of a run.
enum ModeArgument: String, ExpressibleByArgument, CaseIterable {
  case auto, uploaded, streamed, live

  static var names: String {
    "auto (streamed for a routine without end, uploaded where the device stores routines, else live), uploaded, streamed, live"
  }

  func resolved(for feature: DeviceFeature, _ document: RoutineDocument) -> PlayMode {
    switch self {
    case .auto where document.isEndless: .streamed
    case .auto: feature.features.contains(.routines) ? .uploaded : .live
    case .uploaded: .uploaded
    case .streamed: .streamed
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
