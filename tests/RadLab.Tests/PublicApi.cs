using System.Globalization;
using System.Reflection;

namespace RadLab.Tests;

/// <summary>What other people's code can use of an assembly, one line for each type and member, in a fixed order.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    // Written by the compiler for every record; that a type is a record is in its first line.
    private static readonly string[] s_ofRecords = ["PrintMembers", "<Clone>$", "get_EqualityContract", "EqualityContract", "Equals", "GetHashCode", "ToString", "op_Equality", "op_Inequality"];

    public static IReadOnlyList<string> Of(Assembly assembly) =>
        [.. assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal).SelectMany(Lines)];

    private static IEnumerable<string> Lines(Type type)
    {
        yield return Head(type);
        if (type.IsSubclassOf(typeof(Delegate))) yield break;
        var members = type.IsEnum
            ? Enum.GetNames(type).Select(n => string.Create(CultureInfo.InvariantCulture, $"{n} = {Enum.Format(type, Enum.Parse(type, n), "D")}"))
            : type.GetMembers(Declared).Where(m => m is not Type && !(IsRecord(type) && s_ofRecords.Contains(m.Name))).Select(Line).OfType<string>();
        foreach (string member in members.Order(StringComparer.Ordinal)) yield return "  " + member;
    }

    private static string Head(Type type)
    {
        if (type.IsSubclassOf(typeof(Delegate)))
            return $"delegate {Name(type.GetMethod("Invoke")!.ReturnType)} {FullName(type)}({Parameters(type.GetMethod("Invoke")!)})";
        string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct" : "class";
        string modifiers = type is { IsAbstract: true, IsSealed: true } ? "static " : type is { IsAbstract: true, IsInterface: false } ? "abstract " : type is { IsSealed: true, IsValueType: false } ? "sealed " : "";
        var inherited = (type.BaseType?.GetInterfaces() ?? []).Concat(type.GetInterfaces().SelectMany(i => i.GetInterfaces()));
        IEnumerable<string> bases = type.IsEnum ? [] : type.GetInterfaces().Except(inherited).Where(i => i.IsVisible).Select(Name).Order(StringComparer.Ordinal);
        if (type.BaseType is { } above && above != typeof(object) && above != typeof(ValueType) && above != typeof(Enum)) bases = bases.Prepend(Name(above));
        string list = string.Join(", ", bases);
        return $"{modifiers}{(IsRecord(type) ? "record " : "")}{kind} {FullName(type)}{(list.Length > 0 ? " : " + list : "")}";
    }

    private static string? Line(MemberInfo member) => member switch
    {
        ConstructorInfo { IsStatic: false } c when Seen(c) => $"{Access(c)}.ctor({Parameters(c)})",
        // operators keep their names; accessors are written with their property or event
        MethodInfo m when Seen(m) && (!m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal)) =>
            $"{Access(m)}{Name(m.ReturnType)} {m.Name}{(m.IsGenericMethod ? $"<{string.Join(", ", m.GetGenericArguments().Select(a => a.Name))}>" : "")}({Parameters(m)})",
        PropertyInfo p when p.GetAccessors(nonPublic: true).Where(Seen).ToArray() is { Length: > 0 } seen =>
            $"{Access(seen[0])}{Name(p.PropertyType)} {p.Name}{(p.GetIndexParameters() is { Length: > 0 } index ? $"[{Parameters(index)}]" : "")} {{ {string.Join(" ", seen.Select(a => Accessor(p, a)).Order(StringComparer.Ordinal))} }}",
        EventInfo e when e.AddMethod is { } add && Seen(add) => $"{Access(add)}event {Name(e.EventHandlerType!)} {e.Name}",
        FieldInfo f when f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly =>
            $"{(f.IsPublic ? "" : "protected ")}{(f.IsLiteral ? "const " : f.IsStatic ? "static " : "")}{(f is { IsInitOnly: true, IsLiteral: false } ? "readonly " : "")}{Name(f.FieldType)} {f.Name}{(f.IsLiteral ? " = " + Value(f.GetRawConstantValue()) : "")}",
        _ => null,
    };

    private static string Accessor(PropertyInfo property, MethodInfo accessor)
    {
        if (accessor == property.GetMethod) return "get;";
        return accessor.ReturnParameter.GetRequiredCustomModifiers().Any(m => m.Name == "IsExternalInit") ? "init;" : "set;";
    }

    private static bool IsRecord(Type type) => type.GetMethod("PrintMembers", Declared, [typeof(System.Text.StringBuilder)]) is not null;

    private static bool Seen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Access(MethodBase method) =>
        (method.IsPublic ? "" : "protected ") + (method.IsStatic ? "static " : method.IsAbstract && !method.DeclaringType!.IsInterface ? "abstract " : method is { IsVirtual: true, IsFinal: false } && !method.DeclaringType!.IsInterface ? "virtual " : "");

    private static string Parameters(MethodBase method) => Parameters(method.GetParameters());

    private static string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(p =>
        $"{(p.IsOut ? "out " : p.ParameterType.IsByRef ? p.IsIn ? "in " : "ref " : p.IsDefined(typeof(ParamArrayAttribute), false) ? "params " : "")}{Name(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? " = " + Value(p.RawDefaultValue) : "")}"));

    private static string Value(object? value) => value switch
    {
        null or DBNull => "default",
        string s => $"\"{s.Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal)}\"",
        bool b => b ? "true" : "false",
        char c => string.Create(CultureInfo.InvariantCulture, $"'\\u{(int)c:x4}'"),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string FullName(Type type) => type.IsNested ? $"{FullName(type.DeclaringType!)}.{Bare(type)}" : $"{type.Namespace}.{Bare(type)}";

    private static string Bare(Type type)
    {
        int own = type.GetGenericArguments().Length - (type.DeclaringType?.GetGenericArguments().Length ?? 0);
        int tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? type.Name : $"{type.Name[..tick]}<{string.Join(", ", type.GetGenericArguments()[^own..].Select(Name))}>";
    }

    private static string Name(Type type) =>
        type.IsByRef ? Name(type.GetElementType()!)
        : type.IsArray ? $"{Name(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]"
        : type.IsPointer ? Name(type.GetElementType()!) + "*"
        : Nullable.GetUnderlyingType(type) is { } inner ? Name(inner) + "?"
        : type.IsNested && !type.IsGenericParameter ? $"{Name(type.DeclaringType!)}.{Bare(type)}"
        : Bare(type);
}
