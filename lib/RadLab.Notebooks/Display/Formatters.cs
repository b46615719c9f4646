using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;

namespace RadLab.Notebooks;

/// <summary>
/// Finds how a value wants to be shown, by the names that .NET Interactive's formatter convention uses: a type that
/// carries a <c>TypeFormatterSourceAttribute</c> of any assembly looks the same here and there.
/// </summary>
/// <remarks>
/// Looked up once per run-time type. Attribute: <c>Type FormatterSourceType</c>, optional <c>string[] PreferredMimeTypes</c>.
/// Source: public parameterless constructor and <c>CreateTypeFormatters()</c>. Formatter: <c>string MimeType</c> and
/// <c>bool Format(object, TextWriter)</c>; false means "not me".
/// </remarks>
internal static class Formatters
{
    private const string AttributeName = "TypeFormatterSourceAttribute";
    private const string GenuineNamespace = "Microsoft.DotNet.Interactive.Formatting";

    private static readonly ConcurrentDictionary<Type, Convention?> s_byType = new();

    /// <param name="mimeTypes">Asked for by the caller; empty for what the type prefers.</param>
    public static MimeBundle Format(object? value, params IReadOnlyList<string> mimeTypes)
    {
        if (value is RawContent raw) return new MimeBundle((raw.MimeType, raw.Content));
        var convention = value is null ? null : s_byType.GetOrAdd(value.GetType(), Find);
        IReadOnlyList<string> wanted = mimeTypes.Count > 0 ? mimeTypes : convention?.Preferred ?? DefaultFormat.Preferred(value);

        var bundle = new MimeBundle();
        foreach (string mimeType in wanted)
            bundle.Add(mimeType, convention?.Format(value!, mimeType) ?? DefaultFormat.Format(value, mimeType)
                ?? throw new ArgumentException($"display: {value?.GetType().FullName ?? "null"} has no form '{mimeType}'; known: {string.Join(", ", Known(convention))}."));
        return bundle;
    }

    private static IEnumerable<string> Known(Convention? convention) => (convention?.MimeTypes ?? []).Concat(DefaultFormat.MimeTypes).Distinct();

    private static Convention? Find(Type type)
    {
        var attributes = type.GetCustomAttributes(inherit: true).Where(a => a.GetType().Name == AttributeName).ToArray();
        object? attribute = attributes.FirstOrDefault(a => a.GetType().Namespace == GenuineNamespace) ?? attributes.FirstOrDefault();
        if (attribute is null) return null;

        if (Get(attribute, "FormatterSourceType") is not Type source)
            throw new InvalidOperationException($"display: {AttributeName} on {type.FullName} has no FormatterSourceType of type System.Type.");
        object instance = Activator.CreateInstance(source)
            ?? throw new InvalidOperationException($"display: formatter source {source.FullName} cannot be created; it needs a public parameterless constructor.");
        if (source.GetMethod("CreateTypeFormatters", Type.EmptyTypes)?.Invoke(instance, null) is not IEnumerable formatters)
            throw new InvalidOperationException($"display: formatter source {source.FullName} needs a public method CreateTypeFormatters() that returns the formatters.");
        var preferred = Get(attribute, "PreferredMimeTypes") as string[];
        return new Convention([.. formatters.Cast<object>().Select(Formatter.Of)], preferred is { Length: > 0 } ? preferred : ["text/html"]);
    }

    private static object? Get(object target, string property) => target.GetType().GetProperty(property)?.GetValue(target);

    private sealed record Convention(IReadOnlyList<Formatter> All, IReadOnlyList<string> Preferred)
    {
        public IEnumerable<string> MimeTypes => All.Select(f => f.MimeType);

        public string? Format(object value, string mimeType)
        {
            foreach (var formatter in All)
            {
                if (formatter.MimeType != mimeType) continue;
                var writer = new StringWriter { NewLine = "\n" };
                if (formatter.Write(value, writer)) return writer.ToString();
            }
            return null;
        }
    }

    private sealed record Formatter(string MimeType, Func<object, TextWriter, bool> Write)
    {
        public static Formatter Of(object formatter)
        {
            var type = formatter.GetType();
            var methods = type.GetMethods(BindingFlags.Public | BindingFlags.Instance).Where(m => m.Name == "Format").ToArray();
            bool fits = methods.Length == 1 && methods[0].ReturnType == typeof(bool)
                && methods[0].GetParameters() is [var first, var second]
                && first.ParameterType == typeof(object) && second.ParameterType == typeof(TextWriter);
            if (!fits) throw new InvalidOperationException($"display: formatter {type.FullName} needs exactly one public method bool Format(object, TextWriter).");
            if (Get(formatter, "MimeType") is not string mimeType)
                throw new InvalidOperationException($"display: formatter {type.FullName} needs a public property string MimeType.");
            return new Formatter(mimeType, methods[0].CreateDelegate<Func<object, TextWriter, bool>>(formatter));
        }
    }
}
