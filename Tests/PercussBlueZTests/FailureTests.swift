import PercussDBus
import PercussGATT
import Testing

@testable import PercussBlueZ

/// What bluetoothd's errors are taken for, by their names and texts.
struct FailureTests {
  @Test(arguments: [
    ("Failed", "Operation failed with ATT error: 0x0e", BlueZFailure.attribute(.unlikelyError)),
    ("Failed", "Operation failed with ATT error: 0x81", .attribute(ATTError(0x81))),
    ("Failed", "Operation failed with ATT error: 0xfe", .attribute(.procedureInProgress)),
    ("Failed", "Operation failed with ATT error: 0x00", .other("Operation failed with ATT error: 0x00")),
    ("Failed", "Operation failed with ATT error: 0x", .other("Operation failed with ATT error: 0x")),
    ("Failed", "Operation failed with ATT error: 0x123", .other("Operation failed with ATT error: 0x123")),
    ("Failed", "Operation failed with ATT error: 0x+1", .other("Operation failed with ATT error: 0x+1")),
    ("Failed", "0x81", .attribute(ATTError(0x81))),
    ("Failed", "Not connected", .notConnected),
    ("Failed", "Operation already in progress", .inProgress),
    ("Failed", "le-connection-abort-by-local", .aborted),
    ("Failed", "br-connection-canceled", .cancelled),
    ("Failed", "No discovery started", .noDiscovery),
    ("Failed", "", .other("it gives no reason")),
    ("Failed", "Input/output error", .other("Input/output error")),
    ("InProgress", "In Progress", .inProgress),
    ("InProgress", "Operation already in progress", .inProgress),
    ("NotReady", "Resource Not Ready", .adapterOff),
    ("NotPermitted", "Read not permitted", .attribute(.readNotPermitted)),
    ("NotPermitted", "Write not permitted", .attribute(.writeNotPermitted)),
    ("NotPermitted", "Not paired", .attribute(.insufficientAuthentication)),
    ("NotPermitted", "Write acquired", .acquired),
    ("NotPermitted", "Notify acquired", .acquired),
    ("NotAuthorized", "Operation Not Authorized", .attribute(.insufficientAuthorization)),
    ("NotSupported", "Operation is not supported", .attribute(.requestNotSupported)),
    ("InvalidArguments", "Invalid Length", .attribute(.invalidAttributeValueLength)),
    ("InvalidArguments", "Invalid offset", .attribute(.invalidOffset)),
    ("InvalidValueLength", "", .attribute(.invalidAttributeValueLength)),
    ("InvalidOffset", "Invalid offset", .attribute(.invalidOffset)),
    ("ImproperlyConfigured", "", .attribute(.improperlyConfigured)),
    ("DoesNotExist", "Does Not Exist", .gone),
    ("AlreadyExists", "Already Exists", .alreadyDone),
    ("AuthenticationRejected", "Authentication Rejected", .authentication),
    ("ConnectionAttemptFailed", "Page Timeout", .aborted),
    ("Surprise", "boo", .other("boo (org.bluez.Error.Surprise)")),
  ])
  func `an error of bluetoothd means`(_ name: String, _ text: String, _ meaning: BlueZFailure) {
    #expect(BlueZFailure(.refused(name: "org.bluez.Error.\(name)", message: text)) == meaning)
  }

  @Test(arguments: [
    ("UnknownObject", BlueZFailure.gone), ("UnknownMethod", .gone), ("ServiceUnknown", .serviceGone),
    ("NameHasNoOwner", .serviceGone), ("NoReply", .unanswered), ("AccessDenied", .denied),
  ])
  func `an error of the bus means`(_ name: String, _ meaning: BlueZFailure) {
    #expect(BlueZFailure(.refused(name: "org.freedesktop.DBus.Error.\(name)", message: "x")) == meaning)
  }

  @Test func `no answer is no refusal`() {
    #expect(BlueZFailure(.timedOut("x", after: .seconds(1))) == .unanswered)
    #expect(BlueZFailure(.disconnected) == .serviceGone)
  }
}
