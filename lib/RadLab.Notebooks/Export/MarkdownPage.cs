using System.Net;
using System.Text.Json;
using Markdig;
using Markdig.Extensions.Mathematics;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace RadLab.Notebooks;

/// <summary>Markdown cells as HTML. Pictures are put into the page: attachments, and files below the notebook's folder.</summary>
internal static class MarkdownPage
{
    private const long MaxPictureBytes = 16 << 20;

    private static readonly MarkdownPipeline s_pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables().UseTaskLists().UseEmphasisExtras().UseFootnotes().UseAutoLinks().UseMathematics().UseAutoIdentifiers().Build();

    private static readonly Dictionary<string, string> s_types = new(StringComparer.OrdinalIgnoreCase)
    {
        [".png"] = "image/png", [".jpg"] = "image/jpeg", [".jpeg"] = "image/jpeg", [".gif"] = "image/gif", [".svg"] = "image/svg+xml", [".webp"] = "image/webp",
    };

    /// <param name="attachments">The cell's attachments; undefined for none.</param>
    /// <param name="folder">The notebook's folder; null when the markdown has no files to refer to.</param>
    public static string ToHtml(string markdown, JsonElement attachments, string? folder)
    {
        var document = Markdown.Parse(markdown, s_pipeline);
        foreach (var link in document.Descendants<LinkInline>().Where(l => l.IsImage).ToArray())
        {
            if (Picture(link.Url ?? "", attachments, folder) is { } data) link.Url = data;
            else link.ReplaceBy(new HtmlInline($"<em class=\"missing\">[picture not in this page: {WebUtility.HtmlEncode(link.Url)}]</em>"));
        }
        using var html = new StringWriter { NewLine = "\n" };
        var renderer = new HtmlRenderer(html);
        s_pipeline.Setup(renderer);
        renderer.ObjectRenderers.RemoveAll(r => r is HtmlMathInlineRenderer or HtmlMathBlockRenderer);
        renderer.ObjectRenderers.Insert(0, new InlineFormula());
        renderer.ObjectRenderers.Insert(0, new BlockFormula());
        renderer.Render(document);
        return html.ToString();
    }

    private sealed class InlineFormula : HtmlObjectRenderer<MathInline>
    {
        protected override void Write(HtmlRenderer renderer, MathInline formula) => renderer.Write(TexMath.ToMathMl(formula.Content.ToString(), formula.DelimiterCount == 2));
    }

    private sealed class BlockFormula : HtmlObjectRenderer<MathBlock>
    {
        protected override void Write(HtmlRenderer renderer, MathBlock formula) => renderer.Write(TexMath.ToMathMl(formula.Lines.ToString(), display: true)).WriteLine();
    }

    private static string? Picture(string url, JsonElement attachments, string? folder)
    {
        if (url.StartsWith("data:image/", StringComparison.Ordinal)) return url;
        if (url.StartsWith("attachment:", StringComparison.Ordinal)) return Attachment(Uri.UnescapeDataString(url["attachment:".Length..]), attachments);
        if (folder is null || url.Contains("://", StringComparison.Ordinal) || !s_types.TryGetValue(Path.GetExtension(url), out string? type)) return null;
        string root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar, file = Path.GetFullPath(Path.Combine(root, Uri.UnescapeDataString(url)));
        // Not above the notebook's folder: the page may be passed on, the machine's other files must not be.
        if (!file.StartsWith(root, StringComparison.Ordinal) || !File.Exists(file) || new FileInfo(file).Length > MaxPictureBytes) return null;
        return $"data:{type};base64,{Convert.ToBase64String(File.ReadAllBytes(file))}";
    }

    private static string? Attachment(string name, JsonElement attachments)
    {
        if (attachments.ValueKind != JsonValueKind.Object || !attachments.TryGetProperty(name, out var forms) || forms.ValueKind != JsonValueKind.Object) return null;
        foreach (var form in forms.EnumerateObject())
            if (form.Name.StartsWith("image/", StringComparison.Ordinal) && NotebookCell.Joined(form.Value) is { } base64)
                return $"data:{form.Name};base64,{base64.ReplaceLineEndings("")}";
        return null;
    }
}
