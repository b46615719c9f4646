using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;

namespace RadLab.Notebooks;

/// <summary>
/// The documentation of a symbol, from the XML file beside its assembly, or for .NET itself from the SDK's reference pack.
/// </summary>
internal sealed partial class XmlDocs
{
    private const long MaxBytes = 64L << 20;

    private readonly Dictionary<string, string> _known = [];

    /// <summary>Summary, parameters and result as text; empty when there is no documentation.</summary>
    public string Of(ISymbol symbol, Compilation compilation)
    {
        var original = symbol is IMethodSymbol { ReducedFrom: { } reduced } ? reduced : symbol.OriginalDefinition;
        if (original.GetDocumentationCommentId() is not { } id || original.ContainingAssembly is not { } assembly) return "";
        if (_known.TryGetValue(id, out string? text)) return text;
        string? path = (compilation.GetMetadataReference(assembly) as PortableExecutableReference)?.FilePath;
        return _known[id] = Find(id, path) is { } member ? Render(member) : "";
    }

    private static XElement? Find(string id, string? assembly)
    {
        byte[] mark = Encoding.UTF8.GetBytes($"<member name=\"{id}\"");
        foreach (string file in Files(id, assembly))
        {
            if (!File.Exists(file) || new FileInfo(file).Length > MaxBytes) continue;
            var text = File.ReadAllBytes(file).AsSpan();
            int at = text.IndexOf(mark);
            if (at < 0) continue;
            int end = text[at..].IndexOf("</member>"u8);
            if (end < 0) continue;
            try
            {
                return XElement.Parse(Encoding.UTF8.GetString(text.Slice(at, end + "</member>".Length)));
            }
            catch (XmlException)
            {
                return null;
            }
        }
        return null;
    }

    private static IEnumerable<string> Files(string id, string? assembly)
    {
        if (assembly is null) yield break;
        yield return Path.ChangeExtension(assembly, ".xml");
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        if (Path.GetDirectoryName(assembly) != framework) yield break;
        // dotnet/shared/Microsoft.NETCore.App/10.0.x  ->  dotnet/packs/Microsoft.NETCore.App.Ref/10.0.*/ref/net10.0
        string packs = Path.GetFullPath(Path.Combine(framework, "..", "..", "..", "packs", "Microsoft.NETCore.App.Ref"));
        if (!Directory.Exists(packs)) yield break;
        string? pack = Directory.EnumerateDirectories(packs, $"{Environment.Version.Major}.*").Order(StringComparer.Ordinal).LastOrDefault();
        string folder = Path.Combine(pack ?? "", "ref", $"net{Environment.Version.Major}.{Environment.Version.Minor}");
        if (pack is null || !Directory.Exists(folder)) yield break;
        // the files are named like the namespaces, mostly; the heart of the library is in System.Runtime
        foreach (string file in Directory.EnumerateFiles(folder, "*.xml")
            .OrderBy(f => id.Contains(":" + Path.GetFileNameWithoutExtension(f) + ".", StringComparison.Ordinal) ? 0 : Path.GetFileName(f) == "System.Runtime.xml" ? 1 : 2).ThenBy(f => f, StringComparer.Ordinal))
            yield return file;
    }

    private static string Render(XElement member)
    {
        var text = new StringBuilder();
        if (member.Element("summary") is { } summary) text.Append(Plain(summary)).Append('\n');
        foreach (var parameter in member.Elements("param"))
            if (Plain(parameter) is { Length: > 0 } about) text.Append($"  {parameter.Attribute("name")?.Value}: {about}\n");
        if (member.Element("returns") is { } returns && Plain(returns) is { Length: > 0 } result) text.Append($"Returns: {result}\n");
        foreach (var exception in member.Elements("exception")) text.Append($"Throws {Last(exception.Attribute("cref")?.Value)}: {Plain(exception)}\n");
        return text.ToString().TrimEnd();
    }

    private static string Plain(XElement element)
    {
        var text = new StringBuilder();
        foreach (var node in element.DescendantNodes())
        {
            if (node is XText t) text.Append(t.Value);
            else if (node is XElement { IsEmpty: true } e) text.Append(Last(e.Attribute("cref")?.Value ?? e.Attribute("name")?.Value ?? e.Attribute("langword")?.Value));
        }
        return Blanks().Replace(text.ToString(), " ").Trim();
    }

    // "M:System.Math.Abs(System.Int32)" is Abs for a reader
    private static string Last(string? reference)
    {
        if (reference is null) return "";
        int arguments = reference.IndexOf('(', StringComparison.Ordinal);
        string name = arguments < 0 ? reference : reference[..arguments];
        return name[(name.LastIndexOfAny([':', '.']) + 1)..];
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
