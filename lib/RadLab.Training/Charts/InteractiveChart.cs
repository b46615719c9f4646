using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>A still picture, and a small script of our own over it that tells the value nearest to the pointer.</summary>
internal static class InteractiveChart
{
    private const int MostMarks = 5000;

    private const string Script = """
        (function(){var r=document.getElementById("ID");if(!r||!r.querySelector)return;
        var t=document.createElement("div"),p=document.createElement("div"),m=MARKS,W=WIDTH,H=HEIGHT;
        t.style.cssText="position:absolute;display:none;pointer-events:none;padding:3px 7px;border-radius:4px;background:#1f2328;color:#fff;font:12px sans-serif;white-space:pre;z-index:1";
        p.style.cssText="position:absolute;display:none;pointer-events:none;width:9px;height:9px;margin:-6px 0 0 -6px;border:2px solid #d55e00;border-radius:50%";
        r.appendChild(p);r.appendChild(t);
        r.addEventListener("mousemove",function(e){var b=r.getBoundingClientRect(),s=b.width/W,x=(e.clientX-b.left)/s,y=(e.clientY-b.top)/s,n=null,d=900;
        for(var i=0;i<m.length;i++){var q=(m[i][0]-x)*(m[i][0]-x)+(m[i][1]-y)*(m[i][1]-y);if(q<d){d=q;n=m[i]}}
        var v=n?"block":"none";t.style.display=v;p.style.display=v;if(!n)return;
        t.textContent=n[2];p.style.left=n[0]*s+"px";p.style.top=n[1]*s+"px";t.style.top=Math.max(0,n[1]*s-32)+"px";
        if(n[0]>W/2){t.style.left="auto";t.style.right=(W-n[0])*s+10+"px"}else{t.style.right="auto";t.style.left=n[0]*s+10+"px"}});
        r.addEventListener("mouseleave",function(){t.style.display="none";p.style.display="none"})})();
        """;

    public static string ToHtml(Drawing drawing, string svg, string title)
    {
        var marks = new JsonArray([.. drawing.Marks.Take(MostMarks).Select(m => (JsonNode)new JsonArray(Math.Round(m.X, 1), Math.Round(m.Y, 1), m.Text))]);
        string id = "i" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(svg)).AsSpan(0, 5));
        // the default encoder escapes <, so no text can end the script
        string script = Script.ReplaceLineEndings("").Replace("ID", id, StringComparison.Ordinal).Replace("WIDTH", SvgWriter.N(drawing.Width), StringComparison.Ordinal)
            .Replace("HEIGHT", SvgWriter.N(drawing.Height), StringComparison.Ordinal).Replace("MARKS", marks.ToJsonString(), StringComparison.Ordinal);
        string picture = Convert.ToBase64String(Encoding.UTF8.GetBytes(svg));
        return string.Create(CultureInfo.InvariantCulture,
            $"<div id=\"{id}\" style=\"position:relative;max-width:{SvgWriter.N(drawing.Width)}px\"><img style=\"width:100%;display:block\" alt=\"{WebUtility.HtmlEncode(title)}\" src=\"data:image/svg+xml;base64,{picture}\"></div>\n<script>{script}</script>");
    }
}
