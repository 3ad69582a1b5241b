/// The interfaces that a connection implements for every object (D-Bus Specification, "Standard Interfaces").
enum StandardInterface {
  static let peer = InterfaceDescription(
    "org.freedesktop.DBus.Peer",
    methods: [.init("Ping"), .init("GetMachineId", out: [.init("machine_uuid", "s")])])

  static let introspectable = InterfaceDescription(
    "org.freedesktop.DBus.Introspectable", methods: [.init("Introspect", out: [.init("xml", "s")])])

  static let properties = InterfaceDescription(
    "org.freedesktop.DBus.Properties",
    methods: [
      .init("Get", in: [.init("interface", "s"), .init("name", "s")], out: [.init("value", "v")]),
      .init("Set", in: [.init("interface", "s"), .init("name", "s"), .init("value", "v")]),
      .init("GetAll", in: [.init("interface", "s")], out: [.init("properties", "a{sv}")]),
    ],
    signals: [
      .init(
        "PropertiesChanged",
        [
          .init("interface", "s"), .init("changed_properties", "a{sv}"), .init("invalidated_properties", "as"),
        ])
    ])

  static let objectManager = InterfaceDescription(
    "org.freedesktop.DBus.ObjectManager",
    methods: [.init("GetManagedObjects", out: [.init("objects", "a{oa{sa{sv}}}")])],
    signals: [
      .init("InterfacesAdded", [.init("object", "o"), .init("interfaces", "a{sa{sv}}")]),
      .init("InterfacesRemoved", [.init("object", "o"), .init("interfaces", "as")]),
    ])
}

/// Writes what `Introspect` answers (D-Bus Specification, "Introspection Data Format").
struct IntrospectionText {
  private(set) var text = """
    <!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
    "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
    <node>

    """

  init(interfaces: [InterfaceDescription], children: [String]) {
    for interface in interfaces {
      text += " <interface name=\"\(Self.escaped(interface.name))\">\n"
      for method in interface.methods {
        element(
          "method", method.name, arguments: method.inputs.map { ($0, "in") } + method.outputs.map { ($0, "out") },
          summary: method.summary)
      }
      for signal in interface.signals { element("signal", signal.name, arguments: signal.arguments.map { ($0, nil) }) }
      for property in interface.properties {
        text += "  <property name=\"\(Self.escaped(property.name))\" type=\"\(property.type)\" "
        text += "access=\"\(property.access.rawValue)\""
        text += property.summary.isEmpty ? "/>\n" : ">\n\(Self.annotation(property.summary))  </property>\n"
      }
      text += " </interface>\n"
    }
    for child in children { text += " <node name=\"\(Self.escaped(child))\"/>\n" }
    text += "</node>\n"
  }

  private mutating func element(
    _ kind: String, _ name: String, arguments: [(InterfaceDescription.Argument, direction: String?)],
    summary: String = ""
  ) {
    text += "  <\(kind) name=\"\(Self.escaped(name))\""
    guard !arguments.isEmpty || !summary.isEmpty else {
      text += "/>\n"
      return
    }
    text += ">\n"
    for (argument, direction) in arguments {
      text += "   <arg name=\"\(Self.escaped(argument.name))\" type=\"\(argument.type)\""
      if let direction { text += " direction=\"\(direction)\"" }
      text += "/>\n"
    }
    if !summary.isEmpty { text += Self.annotation(summary) }
    text += "  </\(kind)>\n"
  }

  /// The annotation by which GLib's tools carry documentation.
  private static func annotation(_ summary: String) -> String {
    "   <annotation name=\"org.gtk.GDBus.DocString\" value=\"\(escaped(summary))\"/>\n"
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
