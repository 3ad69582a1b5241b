public import PercussDBus

/// The names of BlueZ on the bus, for its clients and for what stands in for it (bluez `doc/org.bluez.*.rst`).
public enum BlueZ {
  /// The well-known name of bluetoothd.
  public static let busName = "org.bluez"
  /// Where bluetoothd's object manager is: it announces all its objects from here.
  public static let root = ObjectPath.root
  /// What all its objects are below of: `/org/bluez`, which also has the agent manager.
  public static let namespace = ObjectPath.root.appending("org").appending("bluez")

  /// The interfaces.
  public enum Interface {
    /// A controller.
    public static let adapter = "org.bluez.Adapter1"
    /// A remote device.
    public static let device = "org.bluez.Device1"
    /// A GATT service of a remote device, or of an application.
    public static let service = "org.bluez.GattService1"
    /// A GATT characteristic.
    public static let characteristic = "org.bluez.GattCharacteristic1"
    /// A GATT descriptor.
    public static let descriptor = "org.bluez.GattDescriptor1"
    /// Where applications register their services.
    public static let gattManager = "org.bluez.GattManager1"
    /// Where applications register what is advertised.
    public static let advertisingManager = "org.bluez.LEAdvertisingManager1"
    /// What an application advertises.
    public static let advertisement = "org.bluez.LEAdvertisement1"
    /// Where agents register.
    public static let agentManager = "org.bluez.AgentManager1"
    /// What asks the user during pairing.
    public static let agent = "org.bluez.Agent1"
    /// The bus's own: announces objects.
    public static let objectManager = "org.freedesktop.DBus.ObjectManager"
    /// The bus's own: reads, writes and announces properties.
    public static let properties = "org.freedesktop.DBus.Properties"
  }

  /// The errors that bluetoothd answers with.
  public enum ErrorName {
    /// Anything without a name of its own; the text says what.
    public static let failed = "org.bluez.Error.Failed"
    /// Another such operation has not ended.
    public static let inProgress = "org.bluez.Error.InProgress"
    /// The adapter is off.
    public static let notReady = "org.bluez.Error.NotReady"
    /// The attribute, or somebody who holds it, does not allow it.
    public static let notPermitted = "org.bluez.Error.NotPermitted"
    /// The attribute does not do this.
    public static let notSupported = "org.bluez.Error.NotSupported"
    /// Not without a permission that the caller lacks.
    public static let notAuthorized = "org.bluez.Error.NotAuthorized"
    /// What was asked for makes no sense.
    public static let invalidArguments = "org.bluez.Error.InvalidArguments"
    /// A value has a length that the attribute does not take.
    public static let invalidValueLength = "org.bluez.Error.InvalidValueLength"
    /// An offset lies past the end of the value.
    public static let invalidOffset = "org.bluez.Error.InvalidOffset"
    /// The client characteristic configuration does not allow it.
    public static let improperlyConfigured = "org.bluez.Error.ImproperlyConfigured"
    /// There is no link to the device.
    public static let notConnected = "org.bluez.Error.NotConnected"
    /// There is a link to the device.
    public static let alreadyConnected = "org.bluez.Error.AlreadyConnected"
    /// There is such a thing already.
    public static let alreadyExists = "org.bluez.Error.AlreadyExists"
    /// There is no such thing.
    public static let doesNotExist = "org.bluez.Error.DoesNotExist"
    /// It cannot be had at present.
    public static let notAvailable = "org.bluez.Error.NotAvailable"
    /// Pairing: the other side or the user did not answer in time.
    public static let authenticationTimeout = "org.bluez.Error.AuthenticationTimeout"
    /// Pairing failed.
    public static let authenticationFailed = "org.bluez.Error.AuthenticationFailed"
    /// Pairing was refused.
    public static let authenticationRejected = "org.bluez.Error.AuthenticationRejected"
    /// Pairing was called off.
    public static let authenticationCanceled = "org.bluez.Error.AuthenticationCanceled"
    /// Pairing could not reach the device.
    public static let connectionAttemptFailed = "org.bluez.Error.ConnectionAttemptFailed"
    /// An agent's answer: the user says no.
    public static let rejected = "org.bluez.Error.Rejected"
    /// An agent's answer: the user gave up.
    public static let canceled = "org.bluez.Error.Canceled"
    /// The bus's own: there is no such object.
    public static let unknownObject = "org.freedesktop.DBus.Error.UnknownObject"
    /// The bus's own: the object has no such method.
    public static let unknownMethod = "org.freedesktop.DBus.Error.UnknownMethod"
    /// The bus's own: nobody has this name.
    public static let serviceUnknown = "org.freedesktop.DBus.Error.ServiceUnknown"
    /// The bus's own: nobody has this name.
    public static let nameHasNoOwner = "org.freedesktop.DBus.Error.NameHasNoOwner"
    /// The bus's own: the peer ended without an answer, or gave none in time.
    public static let noReply = "org.freedesktop.DBus.Error.NoReply"
    /// The bus's own: its policy forbids it.
    public static let accessDenied = "org.freedesktop.DBus.Error.AccessDenied"
  }
}
