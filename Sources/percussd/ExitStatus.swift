/// What the program tells its caller, after `sysexits.h`; `percussd --help` lists them.
enum ExitStatus: Int32 {
  case done = 0
  case usage = 2
  case badConfiguration = 65
  case unavailable = 69
  case internalFault = 70
  case busLost = 75
}

/// Why the program ends without having done what was asked, and with which exit status.
struct Failure: Error, CustomStringConvertible {
  var status: ExitStatus
  /// What happened, where, and what to do: for a person.
  var description: String

  init(_ status: ExitStatus, _ description: String) {
    self.status = status
    self.description = description
  }
}
