/// What an exported object says about one of its interfaces: for introspection, and to check arguments before the object sees them.
///
/// ```swift
/// let device = InterfaceDescription(
///   "org.bluez.Device1",
///   methods: [.init("Connect"), .init("ConnectProfile", in: [.init("uuid", "s")])],
///   properties: [.init("Address", "s"), .init("Trusted", "b", .readWrite)])
/// ```
public struct InterfaceDescription: Sendable, Hashable {
  /// The name of the interface, as in `org.bluez.Device1`.
  public var name: String
  /// Its methods.
  public var methods: [Method]
  /// Its properties.
  public var properties: [Property]
  /// Its signals.
  public var signals: [Signal]

  /// A description; see the properties.
  public init(_ name: String, methods: [Method] = [], properties: [Property] = [], signals: [Signal] = []) {
    self.name = name
    self.methods = methods
    self.properties = properties
    self.signals = signals
  }

  /// One argument of a method or signal.
  public struct Argument: Sendable, Hashable {
    /// A name, for whoever reads the introspection.
    public var name: String
    /// A single complete type.
    public var type: Signature

    /// An argument.
    public init(_ name: String, type: Signature) {
      self.name = name
      self.type = type
    }

    /// An argument whose type is a literal, as in `a{sv}`; traps when it is no signature.
    public init(_ name: String, _ type: StaticString) {
      self.init(name, type: Signature(literal: type))
    }
  }

  /// One method.
  public struct Method: Sendable, Hashable {
    /// The name of the method.
    public var name: String
    /// What it is given. A call with other types is refused without reaching the object.
    public var inputs: [Argument]
    /// What it answers.
    public var outputs: [Argument]
    /// What it does, for whoever reads the introspection; empty for nothing.
    public var summary: String

    /// A method.
    public init(_ name: String, in inputs: [Argument] = [], out outputs: [Argument] = [], summary: String = "") {
      self.name = name
      self.inputs = inputs
      self.outputs = outputs
      self.summary = summary
    }
  }

  /// What may be done with a property.
  public enum Access: String, Sendable, Hashable {
    /// `Get` and `GetAll`.
    case read
    /// `Set`.
    case write
    /// All of it.
    case readWrite = "readwrite"
  }

  /// One property.
  public struct Property: Sendable, Hashable {
    /// The name of the property.
    public var name: String
    /// A single complete type.
    public var type: Signature
    /// What may be done with it.
    public var access: Access
    /// What it says, for whoever reads the introspection; empty for nothing.
    public var summary: String

    /// A property.
    public init(_ name: String, type: Signature, _ access: Access = .read, summary: String = "") {
      self.name = name
      self.type = type
      self.access = access
      self.summary = summary
    }

    /// A property whose type is a literal, as in `as`; traps when it is no signature.
    public init(_ name: String, _ type: StaticString, _ access: Access = .read, summary: String = "") {
      self.init(name, type: Signature(literal: type), access, summary: summary)
    }
  }

  /// One signal.
  public struct Signal: Sendable, Hashable {
    /// The name of the signal.
    public var name: String
    /// What it carries.
    public var arguments: [Argument]

    /// A signal.
    public init(_ name: String, _ arguments: [Argument] = []) {
      self.name = name
      self.arguments = arguments
    }
  }
}
