/// What the program tells its caller; `percuss --help` lists them.
enum ExitStatus: Int32 {
  case done = 0
  case usage = 2
  case badDocument = 65
  case noDevice = 69
  case internalFault = 70
  case missedOrLost = 75
  /// `percuss shell`: what shells answer.
  case cannotExecute = 126
  case commandNotFound = 127
  case interrupted = 130
}
